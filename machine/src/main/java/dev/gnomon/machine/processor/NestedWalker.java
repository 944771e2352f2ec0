package dev.gnomon.machine.processor;

import dev.gnomon.mmu.VcpuMmu;
import dev.gnomon.mmu.arch.FaultCode;
import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.dirty.PmlBuffer;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.spte.SpteFormat;
import java.util.List;

/**
 * The second dimension: gpa to hpa, through the entries that the MMU writes.
 *
 * <p>It reads those entries as the processor defines them, sets A and D in leaves by locked
 * updates, logs a page whose D goes from clear to set (PML), and caches: leaves in a nested TLB,
 * tables in paging-structure caches, from which a later walk may start although the entry above has
 * been cleared in memory since.
 *
 * <p>Sources: Intel SDM vol. 3C, 28.3; AMD APM vol. 2, 15.25.
 */
final class NestedWalker {
  private static final int LEAF_WAYS = 4;

  /** What tables of three levels translate: their root is four entries. */
  private static final int PAE_BITS = 32;

  private static final long FRAME_MASK = -1L << PhysicalMemory.FRAME_SHIFT;

  /** As page walks see it. */
  private final PhysicalMemory memory;

  private final SpteFormat format;
  private final VcpuMmu mmu;
  private final Cpu cpu;
  private final boolean isForgetful;
  private final StructureCache tables2m;
  private final StructureCache tables1g;
  private final TlbArray leaves;

  private long faultGpa;
  private long faultCode;
  private boolean isPmlFull;
  private long loads;

  /**
   * Makes one that has cached nothing.
   *
   * @param memory as page walks see it
   */
  NestedWalker(Cpu cpu, PhysicalMemory memory, SpteFormat format, VcpuMmu mmu, TlbConfig config) {
    this.cpu = cpu;
    isForgetful = config.isForgetful();
    this.memory = memory;
    this.format = format;
    this.mmu = mmu;
    tables2m = new StructureCache(PageLevel.LEVEL_2M, config.structureEntries());
    tables1g = new StructureCache(PageLevel.LEVEL_1G, config.structureEntries());
    int ways = Math.min(LEAF_WAYS, config.structureEntries());
    leaves = new TlbArray(PageLevel.LEVEL_4K, config.structureEntries() / ways, ways);
  }

  /**
   * Translates a gpa for an access; sets A, and D for a write.
   *
   * @return a {@link Translation} (level of the nested page), or 0: see {@link #isPmlFull}, {@link
   *     #faultGpa}, {@link #faultCode}
   */
  long translate(long gpa, boolean isWrite, boolean isFetch) {
    long cached = leaves.find(gpa);
    if (cached == 0 || !suffices(cached, isWrite, isFetch)) {
      cached = 0;
    } else if (!isForgetful) {
      return cached;
    }
    if (isBeyondTables(gpa)) {
      return fault(gpa, 0, isWrite, isFetch);
    }
    while (true) {
      long translation =
          isForgetful ? walkOrRecall(cached, gpa, isWrite, isFetch) : walk(gpa, isWrite, isFetch);
      if (translation != RETRY) {
        if (translation != 0) {
          leaves.insert(gpa, translation);
        }
        return translation;
      }
      // Another has changed the leaf between the look at it and the update: at once again.
    }
  }

  /** Whether tables of the root's level have no entry for an address. */
  private boolean isBeyondTables(long gpa) {
    int level = mmu.rootLevel();
    return gpa >>> (level == PageLevel.LEVEL_1G ? PAE_BITS : PageLevel.shift(level + 1)) != 0;
  }

  /**
   * What a forgetful processor finds. It looks at memory first; where what it has cached leads
   * elsewhere, nature chooses: the leaf, a table, or none of them is still there.
   *
   * @param cached the leaf that is cached and suffices, or 0
   */
  private long walkOrRecall(long cached, long gpa, boolean isWrite, boolean isFetch) {
    long now = probe(gpa, isWrite, isFetch);
    if (cached != 0 && cached == now) {
      return cached;
    }
    int leafChoices = cached != 0 ? 1 : 0;
    long stale2m = stale(tables2m, gpa, probed2m);
    long stale1g = stale(tables1g, gpa, probed1g);
    int choices = leafChoices + (stale2m >= 0 ? 1 : 0) + (stale1g >= 0 ? 1 : 0);
    int chosen = choices == 0 ? 0 : cpu.choose(choices + 1);
    if (chosen == choices) {
      renew(tables2m, gpa, probed2m);
      renew(tables1g, gpa, probed1g);
      return arrive(gpa, probedEntry, probedSpte, probedLevel, isWrite, isFetch);
    }
    if (chosen < leafChoices) {
      return cached;
    }
    return chosen == leafChoices && stale2m >= 0
        ? walkFrom(stale2m, PageLevel.LEVEL_4K, gpa, isWrite, isFetch)
        : walkFrom(stale1g, PageLevel.LEVEL_2M, gpa, isWrite, isFetch);
  }

  /** The table that a cache leads to, or -1 if it knows none or the one that a walk has found. */
  private static long stale(StructureCache cache, long gpa, long found) {
    int at = cache.find(gpa);
    return at < 0 || cache.table(at) == found ? -1 : cache.table(at);
  }

  private static void renew(StructureCache cache, long gpa, long found) {
    cache.drop(gpa);
    if (found >= 0) {
      cache.insert(gpa, found, 0);
    }
  }

  // What the last probe came by: tables, or -1, and the entry at which it ended.

  private long probed2m;
  private long probed1g;
  private long probedEntry;
  private long probedSpte;
  private int probedLevel;

  /**
   * What a walk from the root would find that need not set A or D: a translation, else 0. Changes
   * nothing, and uses nothing that is cached.
   */
  long probe(long gpa, boolean isWrite, boolean isFetch) {
    if (isBeyondTables(gpa)) {
      return 0;
    }
    long table = mmu.rootHpa();
    int level = mmu.rootLevel();
    probed2m = -1;
    probed1g = -1;
    while (true) {
      long entry = table + 8L * PageLevel.index(gpa, level);
      long spte = memory.getLong(entry);
      loads++;
      if (isLast(spte, level)) {
        probedEntry = entry;
        probedSpte = spte;
        probedLevel = level;
        boolean isReady =
            format.isProcessorPresent(spte)
                && !isReserved(spte, level)
                && format.allows(spte, isWrite, isFetch)
                && missingBits(spte, isWrite) == 0;
        return isReady ? translation(spte, level) : 0;
      }
      table = spte & SpteFormat.ADDRESS_MASK;
      if (level == PageLevel.LEVEL_2M) {
        probed2m = table;
      } else if (level == PageLevel.LEVEL_1G) {
        probed1g = table;
      }
      level--;
    }
  }

  private static final long RETRY = -1;

  private static boolean suffices(long translation, boolean isWrite, boolean isFetch) {
    long needed =
        isWrite
            ? Translation.WRITE | Translation.DIRTY
            : isFetch ? Translation.EXECUTE : Translation.READ;
    return (translation & needed) == needed;
  }

  private long walk(long gpa, boolean isWrite, boolean isFetch) {
    int level = mmu.rootLevel();
    long table;
    int at;
    if ((at = tables2m.find(gpa)) >= 0) {
      level = PageLevel.LEVEL_4K;
      table = tables2m.table(at);
    } else if ((at = tables1g.find(gpa)) >= 0) {
      level = PageLevel.LEVEL_2M;
      table = tables1g.table(at);
    } else {
      table = mmu.rootHpa();
    }
    return walkFrom(table, level, gpa, isWrite, isFetch);
  }

  private long walkFrom(
      long startTable, int startLevel, long gpa, boolean isWrite, boolean isFetch) {
    long table = startTable;
    int level = startLevel;
    while (true) {
      long entry = table + 8L * PageLevel.index(gpa, level);
      long spte = memory.getLong(entry);
      loads++;
      if (isLast(spte, level)) {
        return arrive(gpa, entry, spte, level, isWrite, isFetch);
      }
      table = spte & SpteFormat.ADDRESS_MASK;
      if (level == PageLevel.LEVEL_2M) {
        tables2m.insert(gpa, table, 0);
      } else if (level == PageLevel.LEVEL_1G) {
        tables1g.insert(gpa, table, 0);
      }
      level--;
    }
  }

  /** Whether a walk ends at an entry, well or not. */
  private boolean isLast(long spte, int level) {
    return level == PageLevel.LEVEL_4K
        || (spte & SpteFormat.LARGE) != 0
        || !format.isProcessorPresent(spte)
        || isReserved(spte, level);
  }

  private long arrive(
      long gpa, long entry, long spte, int level, boolean isWrite, boolean isFetch) {
    if (!format.isProcessorPresent(spte)) {
      return fault(gpa, 0, isWrite, isFetch);
    }
    if (isReserved(spte, level)) {
      return fault(gpa, FaultCode.PRESENT | FaultCode.RESERVED, isWrite, isFetch);
    }
    return leaf(gpa, entry, spte, level, isWrite, isFetch);
  }

  private boolean isReserved(long spte, int level) {
    if (format.kind() == TdpKind.EPT && (spte & 3) == SpteFormat.WRITABLE) {
      // Writable but not readable: a misconfiguration, whatever else is set.
      return true;
    }
    return (spte & format.reservedBits(spte, level)) != 0;
  }

  private long leaf(long gpa, long entry, long spte, int level, boolean isWrite, boolean isFetch) {
    if (!format.allows(spte, isWrite, isFetch)) {
      return fault(gpa, FaultCode.PRESENT, isWrite, isFetch);
    }
    long now = spte;
    long missing = missingBits(spte, isWrite);
    if (missing != 0) {
      boolean setsDirty = (missing & format.dirtyBit()) != 0;
      PmlBuffer pml = setsDirty ? mmu.pml() : null;
      if (pml != null && pml.isFull()) {
        isPmlFull = true;
        return 0;
      }
      now = spte | missing;
      if (memory.compareAndExchangeLong(entry, spte, now) != spte) {
        return RETRY;
      }
      if (pml != null) {
        pml.log(gpa);
      }
    }
    return translation(now, level);
  }

  /** What the walk of an access must set in a leaf. */
  private long missingBits(long spte, boolean isWrite) {
    if (!format.isAdEnabled(spte)) {
      return 0;
    }
    return (format.accessedBit() | (isWrite ? format.dirtyBit() : 0)) & ~spte;
  }

  private long translation(long spte, int level) {
    long rights = 0;
    rights |= format.allows(spte, false, false) ? Translation.READ : 0;
    rights |= format.allows(spte, true, false) ? Translation.WRITE : 0;
    rights |= format.allows(spte, false, true) ? Translation.EXECUTE : 0;
    boolean isDirty = !format.isAdEnabled(spte) || format.isDirty(spte);
    long page = spte & SpteFormat.ADDRESS_MASK & -1L << PageLevel.shift(level);
    return Translation.make(
        page, level, rights, Translation.UNPAGED, isDirty ? Translation.DIRTY : 0);
  }

  private long fault(long gpa, long present, boolean isWrite, boolean isFetch) {
    faultGpa = gpa;
    faultCode =
        present
            | FaultCode.USER
            | (isWrite ? FaultCode.WRITE : 0)
            | (isFetch ? FaultCode.FETCH : 0);
    isPmlFull = false;
    return 0;
  }

  /** Whether the last failed translation failed only because the PML buffer is full. */
  boolean isPmlFull() {
    return isPmlFull;
  }

  /** Where the last failed translation failed. */
  long faultGpa() {
    return faultGpa;
  }

  /** Why it failed: a {@link FaultCode}, without the bits for final page or guest table. */
  long faultCode() {
    return faultCode;
  }

  /** How many entries were read. */
  long loads() {
    return loads;
  }

  /** Adds what its caches hold. */
  void list(List<CachedTranslation> into) {
    leaves.list(CachedTranslation.Cache.NESTED_TLB, into);
    tables2m.list(CachedTranslation.Cache.NESTED_TABLES, into);
    tables1g.list(CachedTranslation.Cache.NESTED_TABLES, into);
  }

  /**
   * Drops all that is cached for an address whose access has faulted, tables on the way to it too:
   * else a walk would go on from one that is long unlinked, and fault again.
   */
  void dropFaulting(long gpa) {
    leaves.drop(gpa & FRAME_MASK);
    tables2m.drop(gpa);
    tables1g.drop(gpa);
  }

  /** Drops everything. */
  void clear() {
    tables2m.clear();
    tables1g.clear();
    leaves.clear();
  }
}
