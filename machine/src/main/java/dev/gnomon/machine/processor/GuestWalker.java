package dev.gnomon.machine.processor;

import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.arch.PagingMode;
import dev.gnomon.mmu.arch.Permissions;
import dev.gnomon.mmu.arch.Privilege;
import dev.gnomon.mmu.config.TdpKind;
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

  private static final int DEEPEST = 5;

  private static final long ALL_RIGHTS = GuestEntry.WRITABLE | GuestEntry.USER;

  private final NestedWalker nested;
  private final GuestPaging paging;
  private final GuestTables tables;
  private final WalkEnd end;
  private final boolean writesByDefault;
  private boolean tableAccessesWrite;
  private final boolean walksPdptes;
  private final boolean isForgetful;
  private final StructureCache tables2m;
  private final StructureCache tables1g;

  /** Of the walk under way, by level: the gpa of the entry, and its value. */
  private final long[] entryGpas = new long[DEEPEST + 1];

  private final long[] entries = new long[DEEPEST + 1];
  private int top;

  private long pdpte;

  GuestWalker(
      NestedWalker nested,
      GuestPaging paging,
      GuestTables tables,
      WalkEnd end,
      SpteFormat format,
      TlbConfig config,
      ProcessorModel model) {
    this.nested = nested;
    this.paging = paging;
    this.tables = tables;
    this.end = end;
    writesByDefault =
        format.kind() == TdpKind.NPT || format.hasAccessedDirty() || model.writesTables();
    tableAccessesWrite = writesByDefault;
    walksPdptes = model.walksPdptes();
    isForgetful = config.isForgetful();
    tables2m = new StructureCache(PageLevel.LEVEL_2M, config.structureEntries());
    tables1g = new StructureCache(PageLevel.LEVEL_1G, config.structureEntries());
  }

  /**
   * Whether each access to a guest table is a write for the tables below; else only for A and D.
   */
  void setWritesTables(boolean value) {
    tableAccessesWrite = value;
  }

  /** Whether it is while L1 runs. */
  boolean writesTablesByDefault() {
    return writesByDefault;
  }

  /** Walks for an access; returns a {@link Translation}, or 0: see {@link WalkEnd}. */
  long walk(Privilege who, long gva, AccessKind kind) {
    if (paging.mode() == PagingMode.NONE) {
      return walkPhysical(gva, kind);
    }
    if (!paging.isCanonical(gva)) {
      return end.guestFault(paging.permissions().codeNotPresent(who, kind));
    }
    while (true) {
      long translation = tryWalk(who, gva, kind);
      if (translation != GuestTables.LOST_RACE) {
        return translation;
      }
    }
  }

  private long walkPhysical(long gpa, AccessKind kind) {
    long page = tables.translateFinal(gpa, kind);
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
      if (!tables.read(entryGpa, mode.entryBytes(), tableAccessesWrite)) {
        return 0;
      }
      long gpte = tables.entry();
      if ((gpte & GuestEntry.PRESENT) == 0) {
        return end.guestFault(paging.permissions().codeNotPresent(who, kind));
      }
      if (paging.hasReservedBit(gpte, level)) {
        return end.guestFault(paging.permissions().codeReserved(who, kind));
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

  // --- PDPTEs ---

  /** Finds the PDPTE for an address; false if the walk ends there. */
  private boolean readPdpte(Privilege who, long gva, AccessKind kind) {
    pdpte = paging.pdpte(gva);
    if (walksPdptes) {
      long gpa = paging.topTable() + paging.mode().offset(gva, PageLevel.LEVEL_1G);
      if (!tables.read(gpa, 8, tableAccessesWrite)) {
        return false;
      }
      pdpte = tables.entry();
      entryGpas[PageLevel.LEVEL_1G] = gpa;
      entries[PageLevel.LEVEL_1G] = pdpte;
    }
    if ((pdpte & GuestEntry.PRESENT) == 0) {
      end.guestFault(paging.permissions().codeNotPresent(who, kind));
      return false;
    }
    if (paging.isReservedPdpte(walksPdptes ? pdpte & ~GuestEntry.ACCESSED : pdpte)) {
      end.guestFault(paging.permissions().codeReserved(who, kind));
      return false;
    }
    return true;
  }

  /** Reads a PDPTE for a load of CR3; false: see {@link WalkEnd}. */
  boolean readForLoad(long gpa) {
    if (tables.read(gpa, 8, false)) {
      pdpte = tables.entry();
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
      long gpte = tables.load(Translation.hpa(page, entryGpa), mode.entryBytes());
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
      return end.guestFault(paging.permissions().codeRefused(who, kind, rights));
    }
    boolean isWrite = kind == AccessKind.WRITE;
    long assisted = setAccessedDirty(level, isWrite);
    if (assisted != GuestTables.ASSISTED) {
      return assisted;
    }
    long gpte = entries[level];
    long gpa = paging.finalGpa(gpte, level, gva);
    long page = tables.translateFinal(gpa, kind);
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

  /**
   * Sets A from the top down, then D in the leaf: ASSISTED, LOST_RACE, or 0 if someone must help.
   */
  private long setAccessedDirty(int leafLevel, boolean isWrite) {
    int size = paging.mode().entryBytes();
    for (int level = top; level >= leafLevel; level--) {
      long gpte = entries[level];
      boolean setsDirty = isWrite && level == leafLevel;
      long wanted = gpte | GuestEntry.ACCESSED | (setsDirty ? GuestEntry.DIRTY : 0);
      if (wanted != gpte) {
        long done = tables.assist(entryGpas[level], size, gpte, wanted);
        if (done != GuestTables.ASSISTED) {
          return done;
        }
        entries[level] = wanted;
      }
    }
    return GuestTables.ASSISTED;
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
