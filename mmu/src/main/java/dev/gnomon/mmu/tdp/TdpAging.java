package dev.gnomon.mmu.tdp;

import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.make.SpteWriter;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.table.TableIterator;
import java.util.List;

/**
 * Finds out whether pages were used since the last question. Under the MMU lock for writing.
 *
 * <p>With A/D bits the A bit is cleared. Without, the entry is made access-tracked: R, W and X go,
 * R and X are kept aside, and the next access faults and brings them back. Neither flushes.
 */
final class TdpAging {
  private final PhysicalMemory memory;
  private final SpteFormat format;
  private final TdpTables tables;
  private final TdpRoots roots;
  private final SpteWriter writer;

  TdpAging(
      PhysicalMemory memory,
      SpteFormat format,
      TdpTables tables,
      TdpRoots roots,
      SpteWriter writer) {
    this.memory = memory;
    this.format = format;
    this.tables = tables;
    this.roots = roots;
    this.writer = writer;
  }

  /** Whether any page of the range was used; forgets it. */
  boolean clearYoung(Cpu cpu, long firstGfn, long endGfn) {
    return visit(cpu, firstGfn, endGfn, false);
  }

  /** Whether any page of the range was used; changes nothing. */
  boolean testYoung(Cpu cpu, long firstGfn, long endGfn) {
    return visit(cpu, firstGfn, endGfn, true);
  }

  private boolean visit(Cpu cpu, long firstGfn, long endGfn, boolean onlyTest) {
    boolean isYoung = false;
    TableIterator it = tables.iterator();
    List<TdpRoot> all = roots.acquireAll(cpu);
    for (TdpRoot root : all) {
      if (root.isInvalid()) {
        continue;
      }
      for (boolean more = it.start(root.page(), firstGfn, endGfn, PageLevel.LEVEL_4K);
          more && !(isYoung && onlyTest);
          more = it.next()) {
        if (SpteFormat.isPresentLeaf(it.spte(), it.level()) && format.isAccessed(it.spte())) {
          isYoung = true;
          if (!onlyTest) {
            age(cpu, it);
          }
        }
      }
    }
    for (TdpRoot root : all) {
      roots.release(cpu, root);
    }
    return isYoung;
  }

  private void age(Cpu cpu, TableIterator it) {
    long spte = it.spte();
    if (format.isAdEnabled(spte)) {
      long old = writer.clearBits(cpu, it.sptep(), spte, format.accessedBit(), it.level());
      tables.accessedCleared(cpu, it.baseGfn(), old, it.level());
      return;
    }
    long tracked = format.markAccessTracked(spte);
    long old = writer.replace(cpu, it.sptep(), spte, tracked, it.level());
    tables.accessTracked(cpu, it.baseGfn(), old, tracked, it.level());
  }
}
