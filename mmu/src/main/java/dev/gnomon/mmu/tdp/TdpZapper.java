package dev.gnomon.mmu.tdp;

import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.make.SpteWriter;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.sync.MmuLock;
import dev.gnomon.mmu.sync.ReadCopyUpdate;
import dev.gnomon.mmu.table.TableIterator;
import dev.gnomon.mmu.tlb.TlbFlusher;
import java.util.List;

/**
 * Takes mappings away: the leaves of a range for the host, or a whole root that is no longer valid.
 *
 * <p>Leaves of a range go one by one under the write lock; the flush is owed until someone has made
 * it, and a yield makes it first. A root goes under the read lock, in two passes so that no step
 * dismantles more than a 1 GiB subtree; nothing is flushed for it, because a vCPU flushes itself
 * when it loads another root.
 */
final class TdpZapper {
  private final PhysicalMemory memory;
  private final TdpTables tables;
  private final TdpRoots roots;
  private final SpteWriter writer;
  private final MmuLock mmuLock;
  private final ReadCopyUpdate rcu;
  private final TlbFlusher flusher;
  private final ZapOrderRule zapOrder;

  TdpZapper(
      PhysicalMemory memory,
      TdpTables tables,
      TdpRoots roots,
      SpteWriter writer,
      MmuLock mmuLock,
      ReadCopyUpdate rcu,
      TlbFlusher flusher,
      ZapOrderRule zapOrder) {
    this.memory = memory;
    this.tables = tables;
    this.roots = roots;
    this.writer = writer;
    this.mmuLock = mmuLock;
    this.rcu = rcu;
    this.flusher = flusher;
    this.zapOrder = zapOrder;
  }

  /**
   * Under the write lock, which it drops and takes again when contended: zaps every leaf that maps
   * a gfn of the range, in all roots, invalid ones too (their dirt counts).
   *
   * @return whether a flush is owed
   */
  boolean zapLeaves(Cpu cpu, long firstGfn, long endGfn) {
    boolean owesFlush = false;
    TableIterator it = tables.iterator();
    List<TdpRoot> all = roots.acquireAll(cpu);
    for (TdpRoot root : all) {
      for (boolean more = it.start(root.page(), firstGfn, endGfn, PageLevel.LEVEL_4K);
          more;
          more = it.next()) {
        if (it.mayYield() && mmuLock.isContended(cpu)) {
          owesFlush = yieldWriteLock(cpu, owesFlush);
          it.restart();
        }
        if (SpteFormat.isPresentLeaf(it.spte(), it.level())) {
          zap(cpu, it);
          owesFlush = true;
        }
      }
    }
    releaseAll(cpu, all);
    return owesFlush;
  }

  /** Under the write lock: clears the current entry, table or leaf. */
  void zap(Cpu cpu, TableIterator it) {
    long old = writer.replace(cpu, it.sptep(), it.spte(), SpteFormat.NON_PRESENT, it.level());
    tables.changed(cpu, it.baseGfn(), old, SpteFormat.NON_PRESENT, it.level(), false);
    it.reread();
  }

  private boolean yieldWriteLock(Cpu cpu, boolean owesFlush) {
    boolean isFlushed = owesFlush && zapOrder.flushesFirst();
    if (isFlushed) {
      flusher.flushAll(cpu);
    }
    mmuLock.writeUnlock(cpu);
    mmuLock.writeLock(cpu);
    return owesFlush && !isFlushed;
  }

  /**
   * Zaps roots that were invalidated, and drops the TDP MMU's own hold on them. Takes the read
   * lock.
   */
  void zapInvalidated(Cpu cpu, List<TdpRoot> invalidated) {
    TableIterator it = tables.iterator();
    for (TdpRoot root : invalidated) {
      zapShared(cpu, root, it, PageLevel.LEVEL_1G);
      zapShared(cpu, root, it, root.page().level());
      roots.release(cpu, root);
      rcu.poll(cpu);
    }
  }

  /** One pass over a root: clears every entry at a level, and every leaf above it. */
  private void zapShared(Cpu cpu, TdpRoot root, TableIterator it, int lowestLevel) {
    long end = PageLevel.frames(root.page().level() + 1);
    lockShared(cpu);
    for (boolean more = it.start(root.page(), 0, end, lowestLevel); more; more = it.next()) {
      if (it.mayYield() && mmuLock.isContended(cpu)) {
        unlockShared(cpu);
        rcu.poll(cpu);
        lockShared(cpu);
        it.restart();
      }
      while (isZappable(it, lowestLevel)) {
        long old = it.spte();
        if (writer.tryReplace(it.sptep(), old, SpteFormat.NON_PRESENT, it.level())) {
          tables.changed(cpu, it.baseGfn(), old, SpteFormat.NON_PRESENT, it.level(), true);
        }
        it.reread();
      }
    }
    unlockShared(cpu);
  }

  /**
   * Under the write lock: zaps all that any root maps. Nobody is in the guest, and nothing is
   * flushed.
   */
  void zapAll(Cpu cpu) {
    TableIterator it = tables.iterator();
    List<TdpRoot> all = roots.acquireAll(cpu);
    for (TdpRoot root : all) {
      zapExclusive(cpu, root, it, PageLevel.LEVEL_1G);
      zapExclusive(cpu, root, it, root.page().level());
    }
    releaseAll(cpu, all);
  }

  private void zapExclusive(Cpu cpu, TdpRoot root, TableIterator it, int lowestLevel) {
    long end = PageLevel.frames(root.page().level() + 1);
    for (boolean more = it.start(root.page(), 0, end, lowestLevel); more; more = it.next()) {
      if (isZappable(it, lowestLevel)) {
        zap(cpu, it);
      }
    }
  }

  private static boolean isZappable(TableIterator it, int lowestLevel) {
    return SpteFormat.isShadowPresent(it.spte())
        && (it.level() == lowestLevel || SpteFormat.isLeaf(it.spte(), it.level()));
  }

  private void lockShared(Cpu cpu) {
    mmuLock.readLock(cpu);
    rcu.readLock(cpu);
  }

  private void unlockShared(Cpu cpu) {
    rcu.readUnlock(cpu);
    mmuLock.readUnlock(cpu);
  }

  void releaseAll(Cpu cpu, List<TdpRoot> all) {
    for (TdpRoot root : all) {
      roots.release(cpu, root);
    }
  }
}
