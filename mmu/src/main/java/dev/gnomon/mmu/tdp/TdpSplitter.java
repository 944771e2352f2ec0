package dev.gnomon.mmu.tdp;

import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.make.SpteWriter;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.sync.MmuLock;
import dev.gnomon.mmu.sync.ReadCopyUpdate;
import dev.gnomon.mmu.table.ShadowPage;
import dev.gnomon.mmu.table.TableFrames;
import dev.gnomon.mmu.table.TableIterator;
import java.util.List;

/**
 * Splits the large pages of a range before anyone writes them, under the MMU lock for reading: a
 * split changes no translation, so faults go on beside it and nothing is flushed.
 */
final class TdpSplitter {
  private final PhysicalMemory memory;
  private final SpteFormat format;
  private final TdpTables tables;
  private final TdpRoots roots;
  private final SpteWriter writer;
  private final TableFrames tableFrames;
  private final MmuLock mmuLock;
  private final ReadCopyUpdate rcu;

  TdpSplitter(
      PhysicalMemory memory,
      SpteFormat format,
      TdpTables tables,
      TdpRoots roots,
      SpteWriter writer,
      TableFrames tableFrames,
      MmuLock mmuLock,
      ReadCopyUpdate rcu) {
    this.memory = memory;
    this.format = format;
    this.tables = tables;
    this.roots = roots;
    this.writer = writer;
    this.tableFrames = tableFrames;
    this.mmuLock = mmuLock;
    this.rcu = rcu;
  }

  /** Splits every large page that maps a gfn of the range into 4 KiB pages. Takes the read lock. */
  void splitAll(Cpu cpu, long firstGfn, long endGfn) {
    TableIterator it = tables.iterator();
    List<TdpRoot> all = roots.acquireAll(cpu);
    for (TdpRoot root : all) {
      tableFrames.topUp(cpu);
      lock(cpu);
      for (boolean more = it.start(root.page(), firstGfn, endGfn, PageLevel.LEVEL_2M);
          more;
          more = it.next()) {
        boolean yields = it.mayYield() && mmuLock.isContended(cpu);
        if (yields || tableFrames.available(cpu) == 0) {
          unlock(cpu);
          tableFrames.topUp(cpu);
          lock(cpu);
          it.restart();
        }
        if (SpteFormat.isPresentLeaf(it.spte(), it.level())) {
          split(cpu, root, it);
        }
      }
      unlock(cpu);
    }
    for (TdpRoot root : all) {
      roots.release(cpu, root);
    }
  }

  private void split(Cpu cpu, TdpRoot root, TableIterator it) {
    while (SpteFormat.isPresentLeaf(it.spte(), it.level())) {
      long large = it.spte();
      ShadowPage lower =
          tables.createSplit(cpu, it.baseGfn(), large, it.level(), root.page().role());
      long table = format.table(lower.pfn());
      if (writer.tryReplace(it.sptep(), large, table, it.level())) {
        tables.splitLinked(cpu, it.baseGfn(), large, table, it.level(), true);
      } else {
        tables.discard(cpu, lower);
      }
      it.reread();
    }
  }

  private void lock(Cpu cpu) {
    mmuLock.readLock(cpu);
    rcu.readLock(cpu);
  }

  private void unlock(Cpu cpu) {
    rcu.readUnlock(cpu);
    mmuLock.readUnlock(cpu);
  }
}
