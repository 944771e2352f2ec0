package dev.gnomon.machine.processor;

import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.arch.FaultCode;
import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.spte.SpteFormat;
import java.util.List;

/**
 * The two-dimensional walk: gva to hpa through the guest's own tables, each access to which is
 * itself translated by the {@link NestedWalker}.
 *
 * <p>An access to a guest table is a write under NPT always, under EPT when its A/D bits are on,
 * and else only when the walk must set A or D. A and D are set by locked updates, from the root to
 * the leaf, and only after the whole walk has succeeded; when one of those loses a race the walk
 * begins again.
 *
 * <p>Sources: Intel SDM vol. 3A, 4.5 to 4.8, and vol. 3C, 28.3.3; AMD APM vol. 2, 15.25.
 */
final class GuestWalker {

  /** How a walk ended. */
  enum Outcome {
    TRANSLATED,
    /** The guest's own tables refuse: the code is for the guest. */
    GUEST_FAULT,
    /** The MMU must help: the nested walker knows where. */
    NESTED_FAULT,
    /** The page-modification log must be drained first. */
    PML_FULL
  }

  private static final int DEEPEST = 5;

  /**
   * A walk that must begin again: an entry changed between the look at it and the update. It begins
   * again at once, since another has got on.
   */
  private static final long LOST_RACE = -1;

  /** As page walks see it. */
  private final PhysicalMemory memory;

  private final NestedWalker nested;
  private final int physicalAddressBits;
  private final boolean tableAccessesWrite;
  private final boolean isForgetful;
  private final StructureCache tables2m;
  private final StructureCache tables1g;

  /** Of the walk under way, by level: the gpa of the entry, and its value. */
  private final long[] entryGpas = new long[DEEPEST + 1];

  private final long[] entries = new long[DEEPEST + 1];
  private int top;

  private Outcome outcome = Outcome.TRANSLATED;
  private long faultCode;
  private long loads;

  GuestWalker(PhysicalMemory memory, NestedWalker nested, SpteFormat format, TlbConfig config) {
    this.memory = memory;
    this.nested = nested;
    physicalAddressBits = format.physicalAddressBits();
    tableAccessesWrite = format.kind() == TdpKind.NPT || format.hasAccessedDirty();
    isForgetful = config.isForgetful();
    tables2m = new StructureCache(PageLevel.LEVEL_2M, config.structureEntries());
    tables1g = new StructureCache(PageLevel.LEVEL_1G, config.structureEntries());
  }

  /** Walks for an access; returns a {@link Translation}, or 0: see {@link #outcome}. */
  long walk(ControlRegisters registers, long gva, AccessKind kind) {
    if (!registers.isPaging()) {
      return walkPhysical(gva, kind);
    }
    if (!registers.isCanonical(gva)) {
      return guestFault(registers, kind, 0);
    }
    while (true) {
      long translation = tryWalk(registers, gva, kind);
      if (translation != LOST_RACE) {
        return translation;
      }
    }
  }

  private long walkPhysical(long gpa, AccessKind kind) {
    long page = finalTranslation(gpa, kind);
    if (page == 0) {
      return 0;
    }
    long rights = page & Translation.ALL;
    return Translation.make(
        Translation.page(page), Translation.level(page), rights, rights, page & Translation.DIRTY);
  }

  private long tryWalk(ControlRegisters registers, long gva, AccessKind kind) {
    long rights = GuestEntry.WRITABLE | GuestEntry.USER;
    int level = registers.levels();
    long table = registers.cr3();
    int at;
    if ((at = tables2m.find(gva)) >= 0) {
      level = PageLevel.LEVEL_4K;
      table = tables2m.table(at);
      rights = tables2m.note(at);
    } else if ((at = tables1g.find(gva)) >= 0) {
      level = PageLevel.LEVEL_2M;
      table = tables1g.table(at);
      rights = tables1g.note(at);
    }
    top = level;
    while (true) {
      long entryGpa = table + 8L * PageLevel.index(gva, level);
      long page = tableTranslation(entryGpa, tableAccessesWrite);
      if (page == 0) {
        return 0;
      }
      long gpte = memory.getLong(Translation.hpa(page, entryGpa));
      loads++;
      if ((gpte & GuestEntry.PRESENT) == 0) {
        return guestFault(registers, kind, 0);
      }
      if ((gpte & GuestEntry.reservedBits(gpte, level, physicalAddressBits)) != 0) {
        return guestFault(registers, kind, FaultCode.PRESENT | FaultCode.RESERVED);
      }
      entryGpas[level] = entryGpa;
      entries[level] = gpte;
      rights = gather(rights, gpte);
      if (GuestEntry.isLeaf(gpte, level)) {
        return leaf(registers, gva, kind, level, rights);
      }
      table = GuestEntry.address(gpte);
      remember(gva, level, gpte, table, rights);
      level--;
    }
  }

  /**
   * What a walk would find that need not set any A or D, in the guest's tables or the MMU's: a
   * translation, else 0. Changes nothing, and uses nothing that is cached.
   */
  long probe(ControlRegisters registers, long gva, AccessKind kind) {
    boolean isWrite = kind == AccessKind.WRITE;
    long rights = GuestEntry.WRITABLE | GuestEntry.USER;
    long table = registers.cr3();
    for (int level = registers.levels(); ; level--) {
      long entryGpa = table + 8L * PageLevel.index(gva, level);
      long page = nested.probe(entryGpa, tableAccessesWrite, false);
      if (page == 0) {
        return 0;
      }
      long gpte = memory.getLong(Translation.hpa(page, entryGpa));
      loads++;
      boolean isLeaf = GuestEntry.isLeaf(gpte, level);
      long wanted =
          GuestEntry.PRESENT | GuestEntry.ACCESSED | (isLeaf && isWrite ? GuestEntry.DIRTY : 0);
      long reserved = GuestEntry.reservedBits(gpte, level, physicalAddressBits);
      if ((gpte & wanted) != wanted || (gpte & reserved) != 0) {
        return 0;
      }
      rights = gather(rights, gpte);
      if (isLeaf) {
        if (!isAllowed(registers, kind, rights)) {
          return 0;
        }
        long gpa = finalGpa(gpte, level, gva);
        long last = nested.probe(gpa, isWrite, kind == AccessKind.FETCH);
        return last == 0 ? 0 : combine(last, gpa, gpte, level, rights);
      }
      table = GuestEntry.address(gpte);
    }
  }

  /** The rights after one more entry: W and U as the AND over all, no-execute as the OR. */
  private static long gather(long rights, long gpte) {
    return rights & (gpte | GuestEntry.NO_EXECUTE) | gpte & GuestEntry.NO_EXECUTE;
  }

  private static long finalGpa(long gpte, int level, long gva) {
    long pageMask = (1L << PageLevel.shift(level)) - 1;
    return GuestEntry.address(gpte) & ~pageMask | gva & pageMask;
  }

  /**
   * Only an entry that has A set is cached. A forgetful processor has none of this kind: what they
   * are good for is the guest's own affair, and each would be one more choice of nature.
   */
  private void remember(long gva, int level, long gpte, long table, long rights) {
    if (isForgetful || (gpte & GuestEntry.ACCESSED) == 0) {
      return;
    }
    if (level == PageLevel.LEVEL_2M) {
      tables2m.insert(gva, table, rights);
    } else if (level == PageLevel.LEVEL_1G) {
      tables1g.insert(gva, table, rights);
    }
  }

  private long leaf(ControlRegisters registers, long gva, AccessKind kind, int level, long rights) {
    if (!isAllowed(registers, kind, rights)) {
      return guestFault(registers, kind, FaultCode.PRESENT);
    }
    boolean isWrite = kind == AccessKind.WRITE;
    long assisted = setAccessedDirty(level, isWrite);
    if (assisted != ASSISTED) {
      return assisted;
    }
    long gpte = entries[level];
    long gpa = finalGpa(gpte, level, gva);
    long page = finalTranslation(gpa, kind);
    if (page == 0) {
      return 0;
    }
    return combine(page, gpa, gpte, level, rights);
  }

  /** What both dimensions allow, in a page as small as the smaller of the two. */
  private static long combine(long page, long gpa, long gpte, int level, long rights) {
    long nestedRights = page & Translation.ALL;
    boolean isWritable = (rights & GuestEntry.WRITABLE) != 0;
    boolean isExecutable = (rights & GuestEntry.NO_EXECUTE) == 0;
    long guestRights =
        Translation.READ
            | (isWritable ? Translation.WRITE : 0)
            | (isExecutable ? Translation.EXECUTE : 0);
    long both = nestedRights & guestRights;
    boolean isUser = (rights & GuestEntry.USER) != 0;
    boolean isDirty = (page & Translation.DIRTY) != 0 && (gpte & GuestEntry.DIRTY) != 0;
    int smaller = Math.min(level, Translation.level(page));
    long hpa = Translation.hpa(page, gpa) & -1L << PageLevel.shift(smaller);
    long flags =
        (isDirty ? Translation.DIRTY : 0)
            | ((gpte & GuestEntry.GLOBAL) != 0 ? Translation.GLOBAL : 0);
    return Translation.make(hpa, smaller, both, isUser ? both : 0, flags);
  }

  /** CR0.WP is always set here: a supervisor write needs W too. SMEP and SMAP are off. */
  private static boolean isAllowed(ControlRegisters registers, AccessKind kind, long rights) {
    if (registers.isUser() && (rights & GuestEntry.USER) == 0) {
      return false;
    }
    return switch (kind) {
      case READ -> true;
      case WRITE -> (rights & GuestEntry.WRITABLE) != 0;
      case FETCH -> (rights & GuestEntry.NO_EXECUTE) == 0;
    };
  }

  private static final long ASSISTED = 1;

  /**
   * Sets A from the top down, then D in the leaf: ASSISTED, LOST_RACE, or 0 if the MMU must help.
   */
  private long setAccessedDirty(int leafLevel, boolean isWrite) {
    for (int level = top; level >= leafLevel; level--) {
      long gpte = entries[level];
      boolean setsDirty = isWrite && level == leafLevel;
      long wanted = gpte | GuestEntry.ACCESSED | (setsDirty ? GuestEntry.DIRTY : 0);
      if (wanted != gpte) {
        long page = tableTranslation(entryGpas[level], true);
        if (page == 0) {
          return 0;
        }
        long hpa = Translation.hpa(page, entryGpas[level]);
        if (memory.compareAndExchangeLong(hpa, gpte, wanted) != gpte) {
          return LOST_RACE;
        }
        entries[level] = wanted;
      }
    }
    return ASSISTED;
  }

  private long tableTranslation(long gpa, boolean isWrite) {
    long page = nested.translate(gpa, isWrite, false);
    if (page == 0) {
      nestedFailed(FaultCode.GUEST_PAGE);
    }
    return page;
  }

  private long finalTranslation(long gpa, AccessKind kind) {
    long page = nested.translate(gpa, kind == AccessKind.WRITE, kind == AccessKind.FETCH);
    if (page == 0) {
      nestedFailed(FaultCode.GUEST_FINAL);
    }
    return page;
  }

  private void nestedFailed(long where) {
    end(nested.isPmlFull() ? Outcome.PML_FULL : Outcome.NESTED_FAULT);
    faultCode = nested.faultCode() | where;
  }

  private void end(Outcome how) {
    if (outcome != how) {
      // The store of a reference also marks a card for the collector, beside those of other vCPUs.
      outcome = how;
    }
  }

  private long guestFault(ControlRegisters registers, AccessKind kind, long present) {
    end(Outcome.GUEST_FAULT);
    faultCode = present | FaultCode.of(kind) | (registers.isUser() ? FaultCode.USER : 0);
    return 0;
  }

  /** How the last walk that returned 0 ended. */
  Outcome outcome() {
    return outcome;
  }

  /** The error code of the last fault, the guest's or the nested one. */
  long faultCode() {
    return faultCode;
  }

  /** How many entries of guest tables were read. */
  long loads() {
    return loads;
  }

  /** Adds what its caches hold. */
  void list(List<CachedTranslation> into) {
    tables2m.list(CachedTranslation.Cache.GUEST_TABLES, into);
    tables1g.list(CachedTranslation.Cache.GUEST_TABLES, into);
  }

  /** Drops what is cached of the guest tables on the way to an address whose access has faulted. */
  void dropFaulting(long gva) {
    tables2m.drop(gva);
    tables1g.drop(gva);
  }

  /** Drops what is cached of guest tables; nested translations stay. */
  void clear() {
    tables2m.clear();
    tables1g.clear();
  }
}
