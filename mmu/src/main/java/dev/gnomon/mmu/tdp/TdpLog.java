package dev.gnomon.mmu.tdp;

import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.dirty.LogProtection;
import dev.gnomon.mmu.make.SpteWriter;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.slot.Memslot;
import dev.gnomon.mmu.spte.FlushRule;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.sync.MmuLock;
import dev.gnomon.mmu.table.TableIterator;
import java.util.List;

/**
 * Takes write permission away from mapped pages: for the dirty log W alone (or D, where the
 * processor logs it), for write tracking MMU-writable too. Under the MMU lock for writing.
 *
 * <p>Clearing W or D alone flushes nothing here; see {@link dev.gnomon.mmu.dirty.DirtyLog}.
 */
final class TdpLog implements LogProtection {
  private final PhysicalMemory memory;
  private final SpteFormat format;
  private final TdpTables tables;
  private final TdpRoots roots;
  private final SpteWriter writer;
  private final MmuLock mmuLock;
  private final FlushRule flushRule;
  private final boolean logsByDirtyBit;

  /** The roots between {@link #begin} and {@link #end}; of whoever has the lock. */
  private List<TdpRoot> held = List.of();

  TdpLog(
      PhysicalMemory memory,
      MmuConfig config,
      SpteFormat format,
      TdpTables tables,
      TdpRoots roots,
      SpteWriter writer,
      MmuLock mmuLock,
      FlushRule flushRule) {
    this.memory = memory;
    this.format = format;
    this.tables = tables;
    this.roots = roots;
    this.writer = writer;
    this.mmuLock = mmuLock;
    this.flushRule = flushRule;
    logsByDirtyBit = config.logsByDirtyBit();
  }

  @Override
  public void begin(Cpu cpu) {
    held = roots.acquireAll(cpu);
  }

  @Override
  public void end(Cpu cpu) {
    release(cpu, held);
    held = List.of();
  }

  @Override
  public boolean protect(Cpu cpu, Memslot slot, long firstOffset, long pages) {
    boolean hasChanged = false;
    for (TdpRoot root : held) {
      for (long left = pages; left != 0; left &= left - 1) {
        long gfn = slot.baseGfn() + firstOffset + Long.numberOfTrailingZeros(left);
        hasChanged |= protectPage(cpu, root, gfn);
      }
    }
    return hasChanged;
  }

  private boolean protectPage(Cpu cpu, TdpRoot root, long gfn) {
    int level = root.page().level();
    long table = root.page().pfn();
    while (true) {
      long sptep = PhysicalMemory.hpa(table) + 8L * PageLevel.indexOfFrame(gfn, level);
      long spte = memory.getLong(sptep);
      if (!SpteFormat.isTable(spte, level)) {
        return SpteFormat.isPresentLeaf(spte, level)
            && protectLeaf(cpu, PageLevel.alignDown(gfn, level), sptep, spte, level);
      }
      table = SpteFormat.pfn(spte);
      level--;
    }
  }

  /** Protects every leaf of a slot, yielding when contended; what it changes is not flushed. */
  void protectSlot(Cpu cpu, Memslot slot) {
    TableIterator it = tables.iterator();
    List<TdpRoot> all = roots.acquireAll(cpu);
    for (TdpRoot root : all) {
      for (boolean more = it.start(root.page(), slot.baseGfn(), slot.endGfn(), PageLevel.LEVEL_4K);
          more;
          more = it.next()) {
        if (it.mayYield() && mmuLock.isContended(cpu)) {
          mmuLock.writeUnlock(cpu);
          mmuLock.writeLock(cpu);
          it.restart();
        }
        if (SpteFormat.isPresentLeaf(it.spte(), it.level())) {
          protectLeaf(cpu, it.baseGfn(), it.sptep(), it.spte(), it.level());
        }
      }
    }
    release(cpu, all);
  }

  private boolean protectLeaf(Cpu cpu, long gfn, long sptep, long spte, int level) {
    boolean byDirtyBit =
        logsByDirtyBit && level == PageLevel.LEVEL_4K && !format.needsWriteProtectionForLog(spte);
    long bit = byDirtyBit ? format.dirtyBit() : SpteFormat.WRITABLE;
    if ((spte & bit) == 0) {
      return false;
    }
    long old = writer.clearBits(cpu, sptep, spte, bit, level);
    tables.changed(cpu, gfn, old, old & ~bit, level, false);
    return true;
  }

  /**
   * Takes W and MMU-writable away from all that maps a gfn.
   *
   * @return whether a flush must be made before the MMU lock is dropped
   */
  boolean writeProtect(Cpu cpu, long gfn) {
    boolean owesFlush = false;
    TableIterator it = tables.iterator();
    List<TdpRoot> all = roots.acquireAll(cpu);
    long bits = SpteFormat.WRITABLE | format.mmuWritableBit();
    for (TdpRoot root : all) {
      for (boolean more = it.start(root.page(), gfn, gfn + 1, PageLevel.LEVEL_4K);
          more;
          more = it.next()) {
        if (SpteFormat.isPresentLeaf(it.spte(), it.level()) && (it.spte() & bits) != 0) {
          long old = writer.clearBits(cpu, it.sptep(), it.spte(), bits, it.level());
          tables.changed(cpu, it.baseGfn(), old, old & ~bits, it.level(), false);
          owesFlush |= flushRule.needsFlush(format, old, old & ~bits);
        }
      }
    }
    release(cpu, all);
    return owesFlush;
  }

  private void release(Cpu cpu, List<TdpRoot> all) {
    for (TdpRoot root : all) {
      roots.release(cpu, root);
    }
  }
}
