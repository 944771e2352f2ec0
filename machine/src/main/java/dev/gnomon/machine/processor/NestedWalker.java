package dev.gnomon.machine.processor;

import dev.gnomon.mmu.VcpuMmu;
import dev.gnomon.mmu.arch.FaultCode;
import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.dirty.PmlBuffer;
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
  private static final long FRAME_MASK = -1L << PhysicalMemory.FRAME_SHIFT;

  private final PhysicalMemory memory;
  private final SpteFormat format;
  private final VcpuMmu mmu;
  private final int rootLevel;
  private final StructureCache tables2m;
  private final StructureCache tables1g;
  private final TlbArray leaves;

  private long faultGpa;
  private long faultCode;
  private boolean isPmlFull;
  private long loads;

  NestedWalker(
      PhysicalMemory memory, SpteFormat format, VcpuMmu mmu, int rootLevel, TlbConfig config) {
    this.memory = memory;
    this.format = format;
    this.mmu = mmu;
    this.rootLevel = rootLevel;
    tables2m = new StructureCache(PageLevel.LEVEL_2M, config.structureEntries());
    tables1g = new StructureCache(PageLevel.LEVEL_1G, config.structureEntries());
    int ways = Math.min(LEAF_WAYS, config.structureEntries());
    leaves = new TlbArray(PageLevel.LEVEL_4K, config.structureEntries() / ways, ways);
  }

  /**
   * Translates a gpa for an access; sets A, and D for a write.
   *
   * @return a {@link Translation} (its supervisor rights; level of the nested page), or 0: see
   *     {@link #isPmlFull}, {@link #faultGpa}, {@link #faultCode}
   */
  long translate(long gpa, boolean isWrite, boolean isFetch) {
    long cached = leaves.find(gpa);
    if (cached != 0 && suffices(cached, isWrite, isFetch)) {
      return cached;
    }
    while (true) {
      long translation = walk(gpa, isWrite, isFetch);
      if (translation != RETRY) {
        if (translation != 0) {
          leaves.insert(gpa, translation);
        }
        return translation;
      }
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
    int level = rootLevel;
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
    while (true) {
      long entry = table + 8L * PageLevel.index(gpa, level);
      long spte = memory.getLong(entry);
      loads++;
      if (!format.isProcessorPresent(spte)) {
        return fault(gpa, 0, isWrite, isFetch);
      }
      if (isReserved(spte, level)) {
        return fault(gpa, FaultCode.PRESENT | FaultCode.RESERVED, isWrite, isFetch);
      }
      if (level == PageLevel.LEVEL_4K || (spte & SpteFormat.LARGE) != 0) {
        return leaf(gpa, entry, spte, level, isWrite, isFetch);
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
    if (format.isAdEnabled(spte)) {
      long wanted = format.accessedBit() | (isWrite ? format.dirtyBit() : 0);
      if ((spte & wanted) != wanted) {
        boolean setsDirty = (wanted & ~spte & format.dirtyBit()) != 0;
        PmlBuffer pml = setsDirty ? mmu.pml() : null;
        if (pml != null && pml.isFull()) {
          isPmlFull = true;
          return 0;
        }
        now = spte | wanted;
        if (memory.compareAndExchangeLong(entry, spte, now) != spte) {
          return RETRY;
        }
        if (pml != null) {
          pml.log(gpa);
        }
      }
    }
    long rights = 0;
    rights |= format.allows(now, false, false) ? Translation.READ : 0;
    rights |= format.allows(now, true, false) ? Translation.WRITE : 0;
    rights |= format.allows(now, false, true) ? Translation.EXECUTE : 0;
    boolean isDirty = !format.isAdEnabled(now) || format.isDirty(now);
    long page = now & SpteFormat.ADDRESS_MASK & -1L << PageLevel.shift(level);
    return Translation.make(page, level, rights, 0, isDirty ? Translation.DIRTY : 0);
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

  /** Drops the cached leaf of one page. */
  void drop(long gpa) {
    leaves.drop(gpa & FRAME_MASK);
  }

  /** Drops everything. */
  void clear() {
    tables2m.clear();
    tables1g.clear();
    leaves.clear();
  }
}
