package dev.gnomon.machine.processor;

import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.arch.FaultCode;
import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.arch.PagingMode;
import dev.gnomon.mmu.arch.Permissions;
import dev.gnomon.mmu.arch.Privilege;
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
 * <p>Sources: Intel SDM vol. 3A, 4.3 to 4.8, and vol. 3C, 28.3.3; AMD APM vol. 2, 15.25.
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
    PML_FULL,
    /** The VMM must set A or D in an entry that it has read: see {@link #update}. */
    ENTRY_UPDATE
  }

  /** An entry in whose memory the VMM sets A or D. */
  record EntryUpdate(long gpa, int size, long expected, long value) {}

  private static final int DEEPEST = 5;

  /**
   * A walk that must begin again: an entry changed between the look at it and the update. It begins
   * again at once, since another has got on.
   */
  private static final long LOST_RACE = -1;

  private static final long ALL_RIGHTS = GuestEntry.WRITABLE | GuestEntry.USER;

  /** As page walks see it. */
  private final PhysicalMemory memory;

  private final NestedWalker nested;
  private final GuestPaging paging;
  private final EmulatedEntries emulated;
  private final boolean tableAccessesWrite;
  private final boolean walksPdptes;
  private final boolean isForgetful;
  private final StructureCache tables2m;
  private final StructureCache tables1g;

  /** Of the walk under way, by level: the gpa of the entry, and its value. */
  private final long[] entryGpas = new long[DEEPEST + 1];

  private final long[] entries = new long[DEEPEST + 1];
  private int top;

  private Outcome outcome = Outcome.TRANSLATED;
  private EntryUpdate update = new EntryUpdate(0, 0, 0, 0);
  private long faultCode;
  private long loads;

  GuestWalker(
      PhysicalMemory memory,
      NestedWalker nested,
      GuestPaging paging,
      EmulatedEntries emulated,
      SpteFormat format,
      TlbConfig config,
      ProcessorModel model) {
    this.memory = memory;
    this.nested = nested;
    this.paging = paging;
    this.emulated = emulated;
    tableAccessesWrite =
        format.kind() == TdpKind.NPT || format.hasAccessedDirty() || model.writesTables();
    walksPdptes = model.walksPdptes();
    isForgetful = config.isForgetful();
    tables2m = new StructureCache(PageLevel.LEVEL_2M, config.structureEntries());
    tables1g = new StructureCache(PageLevel.LEVEL_1G, config.structureEntries());
  }

  /** Walks for an access; returns a {@link Translation}, or 0: see {@link #outcome}. */
  long walk(Privilege who, long gva, AccessKind kind) {
    if (paging.mode() == PagingMode.NONE) {
      return walkPhysical(gva, kind);
    }
    if (!paging.isCanonical(gva)) {
      return guestFault(paging.permissions().codeNotPresent(who, kind));
    }
    while (true) {
      long translation = tryWalk(who, gva, kind);
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
    return Translation.make(
        Translation.page(page),
        Translation.level(page),
        page & Translation.ALL,
        Translation.UNPAGED,
        page & Translation.DIRTY);
  }

  private long tryWalk(Privilege who, long gva, AccessKind kind) {
    PagingMode mode = paging.mode();
    long rights = ALL_RIGHTS;
    int level = mode.levels();
    long table = paging.topTable();
    long allBits = -1;
    int at;
    if ((at = tables2m.find(gva)) >= 0) {
      level = PageLevel.LEVEL_4K;
      table = tables2m.table(at);
      rights = tables2m.note(at);
      top = level;
    } else if ((at = tables1g.find(gva)) >= 0) {
      level = PageLevel.LEVEL_2M;
      table = tables1g.table(at);
      rights = tables1g.note(at);
      top = level;
    } else if (mode == PagingMode.PAE) {
      if (!readPdpte(who, gva, kind)) {
        return 0;
      }
      level = PageLevel.LEVEL_2M;
      table = GuestEntry.address(pdpte);
      top = walksPdptes ? PageLevel.LEVEL_1G : level;
      allBits = walksPdptes ? pdpte : allBits;
    } else {
      top = level;
    }
    while (true) {
      long entryGpa = table + mode.offset(gva, level);
      if (!readEntry(entryGpa, mode.entryBytes(), tableAccessesWrite)) {
        return 0;
      }
      long gpte = entry;
      if ((gpte & GuestEntry.PRESENT) == 0) {
        return guestFault(paging.permissions().codeNotPresent(who, kind));
      }
      if (paging.hasReservedBit(gpte, level)) {
        return guestFault(paging.permissions().codeReserved(who, kind));
      }
      entryGpas[level] = entryGpa;
      entries[level] = gpte;
      rights = gather(rights, gpte);
      allBits &= gpte;
      if (paging.isLeaf(gpte, level)) {
        return leaf(who, gva, kind, level, rights | gpte & GuestEntry.KEY_MASK);
      }
      table = GuestEntry.address(gpte);
      if ((allBits & GuestEntry.ACCESSED) != 0) {
        remember(gva, level, table, rights);
      }
      level--;
    }
  }

  // --- reading entries ---

  private long entry;
  private long pdpte;

  /** Reads an entry of a guest table; false if the MMU must help. */
  private boolean readEntry(long gpa, int size, boolean isWrite) {
    loads++;
    int at = emulated.isEmpty() ? -1 : emulated.find(gpa);
    if (at >= 0) {
      entry = emulated.value(at);
      return true;
    }
    long page = tableTranslation(gpa, isWrite);
    if (page == 0) {
      return false;
    }
    entry = load(Translation.hpa(page, gpa), size);
    return true;
  }

  private long load(long hpa, int size) {
    return size == 8 ? memory.getLong(hpa) : memory.getInt(hpa) & 0xffff_ffffL;
  }

  /** Finds the PDPTE for an address; false if the walk ends there. */
  private boolean readPdpte(Privilege who, long gva, AccessKind kind) {
    pdpte = paging.pdpte(gva);
    if (walksPdptes) {
      long gpa = paging.topTable() + paging.mode().offset(gva, PageLevel.LEVEL_1G);
      if (!readEntry(gpa, 8, tableAccessesWrite)) {
        return false;
      }
      pdpte = entry;
      entryGpas[PageLevel.LEVEL_1G] = gpa;
      entries[PageLevel.LEVEL_1G] = pdpte;
    }
    if ((pdpte & GuestEntry.PRESENT) == 0) {
      guestFault(paging.permissions().codeNotPresent(who, kind));
      return false;
    }
    if (paging.isReservedPdpte(walksPdptes ? pdpte & ~GuestEntry.ACCESSED : pdpte)) {
      guestFault(paging.permissions().codeReserved(who, kind));
      return false;
    }
    return true;
  }

  /**
   * Reads a PDPTE for a load of CR3.
   *
   * @return whether {@link #loadedPdpte} has it; else see {@link #outcome}
   */
  boolean readForLoad(long gpa) {
    if (readEntry(gpa, 8, false)) {
      pdpte = entry;
      return true;
    }
    return false;
  }

  /** The PDPTE that was read. */
  long loadedPdpte() {
    return pdpte;
  }

  // --- probing ---

  /**
   * What a walk would find that need not set any A or D, in the guest's tables or the MMU's: a
   * translation, else 0. Changes nothing, and uses nothing that is cached.
   */
  long probe(Privilege who, long gva, AccessKind kind) {
    PagingMode mode = paging.mode();
    boolean isWrite = kind == AccessKind.WRITE;
    long rights = ALL_RIGHTS;
    long table = paging.topTable();
    int level = mode.levels();
    if (mode == PagingMode.PAE) {
      long first = paging.pdpte(gva);
      if (walksPdptes || (first & GuestEntry.PRESENT) == 0) {
        return 0;
      }
      table = GuestEntry.address(first);
      level = PageLevel.LEVEL_2M;
    }
    for (; ; level--) {
      long entryGpa = table + mode.offset(gva, level);
      long page = nested.probe(entryGpa, tableAccessesWrite, false);
      if (page == 0) {
        return 0;
      }
      long gpte = load(Translation.hpa(page, entryGpa), mode.entryBytes());
      loads++;
      boolean isLeaf = paging.isLeaf(gpte, level);
      long wanted =
          GuestEntry.PRESENT | GuestEntry.ACCESSED | (isLeaf && isWrite ? GuestEntry.DIRTY : 0);
      if ((gpte & wanted) != wanted || paging.hasReservedBit(gpte, level)) {
        return 0;
      }
      rights = gather(rights, gpte);
      if (isLeaf) {
        rights |= gpte & GuestEntry.KEY_MASK;
        if ((paging.permissions().allowed(who, rights) & Permissions.bit(kind)) == 0) {
          return 0;
        }
        long gpa = paging.finalGpa(gpte, level, gva);
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

  /**
   * Caches a way on which every entry has A set: a walk that starts from here sets none above. A
   * forgetful processor has none of this kind: what they are good for is the guest's own affair,
   * and each would be one more choice of nature.
   */
  private void remember(long gva, int level, long table, long rights) {
    if (isForgetful) {
      return;
    }
    if (level == PageLevel.LEVEL_2M) {
      // In 32-bit paging, either half of what the entry translates.
      tables2m.insert(gva, table, rights);
    } else if (level == PageLevel.LEVEL_1G) {
      tables1g.insert(gva, table, rights);
    }
  }

  // --- the leaf ---

  private long leaf(Privilege who, long gva, AccessKind kind, int level, long rights) {
    if ((paging.permissions().allowed(who, rights) & Permissions.bit(kind)) == 0) {
      return guestFault(paging.permissions().codeRefused(who, kind, rights));
    }
    boolean isWrite = kind == AccessKind.WRITE;
    long assisted = setAccessedDirty(level, isWrite);
    if (assisted != ASSISTED) {
      return assisted;
    }
    long gpte = entries[level];
    long gpa = paging.finalGpa(gpte, level, gva);
    long page = finalTranslation(gpa, kind);
    if (page == 0) {
      return 0;
    }
    return combine(page, gpa, gpte, level, rights);
  }

  /** What both dimensions say, in a page as small as the smaller of the two. */
  private long combine(long page, long gpa, long gpte, int level, long rights) {
    boolean isDirty = (page & Translation.DIRTY) != 0 && (gpte & GuestEntry.DIRTY) != 0;
    int smaller = Math.min(level, Translation.level(page));
    long hpa = Translation.hpa(page, gpa) & -1L << PageLevel.shift(smaller);
    long flags =
        (isDirty ? Translation.DIRTY : 0)
            | (paging.isGlobal(gpte) ? Translation.GLOBAL : 0)
            | (paging.isFractured(level, smaller) ? Translation.FRACTURED : 0);
    return Translation.make(hpa, smaller, page & Translation.ALL, rights, flags);
  }

  private static final long ASSISTED = 1;

  /**
   * Sets A from the top down, then D in the leaf: ASSISTED, LOST_RACE, or 0 if someone must help.
   */
  private long setAccessedDirty(int leafLevel, boolean isWrite) {
    for (int level = top; level >= leafLevel; level--) {
      long gpte = entries[level];
      boolean setsDirty = isWrite && level == leafLevel;
      long wanted = gpte | GuestEntry.ACCESSED | (setsDirty ? GuestEntry.DIRTY : 0);
      if (wanted != gpte) {
        long done = assist(entryGpas[level], gpte, wanted);
        if (done != ASSISTED) {
          return done;
        }
        entries[level] = wanted;
      }
    }
    return ASSISTED;
  }

  private long assist(long gpa, long gpte, long wanted) {
    int size = paging.mode().entryBytes();
    if (!emulated.isEmpty() && emulated.find(gpa) >= 0) {
      update = new EntryUpdate(gpa, size, gpte, wanted);
      end(Outcome.ENTRY_UPDATE);
      return 0;
    }
    long page = tableTranslation(gpa, true);
    if (page == 0) {
      return 0;
    }
    long hpa = Translation.hpa(page, gpa);
    boolean isSet =
        size == 8
            ? memory.compareAndExchangeLong(hpa, gpte, wanted) == gpte
            : memory.compareAndExchangeInt(hpa, (int) gpte, (int) wanted) == (int) gpte;
    return isSet ? ASSISTED : LOST_RACE;
  }

  // --- the second dimension ---

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

  private long guestFault(long code) {
    end(Outcome.GUEST_FAULT);
    faultCode = code;
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

  /** What the VMM must do before the walk is made again. */
  EntryUpdate update() {
    return update;
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
