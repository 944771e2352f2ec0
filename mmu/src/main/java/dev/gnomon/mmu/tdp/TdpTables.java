package dev.gnomon.mmu.tdp;

import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.config.Statistics;
import dev.gnomon.mmu.event.Tracepoints;
import dev.gnomon.mmu.make.SpteMaker;
import dev.gnomon.mmu.make.SpteWriter;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.HostPages;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.spte.DirtReportRule;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.spte.SpteText;
import dev.gnomon.mmu.sync.ReadCopyUpdate;
import dev.gnomon.mmu.table.Role;
import dev.gnomon.mmu.table.ShadowPage;
import dev.gnomon.mmu.table.ShadowPages;
import dev.gnomon.mmu.table.TableFrames;
import dev.gnomon.mmu.table.TableIterator;

/**
 * The life of the TDP MMU's tables, and what follows from every change of an entry.
 *
 * <p>Whoever changes an entry calls {@link #changed} with the value that was really there. From the
 * two values follow the page statistics, the report of dirt that would be lost, and, where a table
 * was unlinked, that its whole subtree is dismantled.
 *
 * <p>Dismantling: the parent entry is cleared, but nothing is flushed yet, so a processor may still
 * come here through its paging-structure caches and set A or D, and a fast page fault that read the
 * parent earlier may still set W. Therefore every present leaf is taken out by an exchange and
 * recorded as what it was. Under the read lock other walkers may be here too: there every entry,
 * present or not, is made {@link SpteFormat#FROZEN}, and whoever meets that retries. The frames are
 * freed after a grace period, and not before the flush: {@link ReadCopyUpdate#poll} is called only
 * when nothing is owed.
 */
final class TdpTables {
  private final PhysicalMemory memory;
  private final int entries;
  private final SpteFormat format;
  private final SpteWriter writer;
  private final SpteMaker maker;
  private final TableFrames tableFrames;
  private final ShadowPages pages;
  private final ReadCopyUpdate rcu;
  private final HostPages hostPages;
  private final DirtReportRule dirtReport;
  private final Tracepoints trace;
  private final Statistics statistics;

  TdpTables(
      PhysicalMemory memory,
      int entries,
      SpteFormat format,
      SpteWriter writer,
      SpteMaker maker,
      TableFrames tableFrames,
      ShadowPages pages,
      ReadCopyUpdate rcu,
      HostPages hostPages,
      DirtReportRule dirtReport,
      Tracepoints trace,
      Statistics statistics) {
    this.memory = memory;
    this.entries = entries;
    this.format = format;
    this.writer = writer;
    this.maker = maker;
    this.tableFrames = tableFrames;
    this.pages = pages;
    this.rcu = rcu;
    this.hostPages = hostPages;
    this.dirtReport = dirtReport;
    this.trace = trace;
    this.statistics = statistics;
  }

  /** How many entries of each table are used. */
  int entries() {
    return entries;
  }

  /** A walk over tables. */
  TableIterator iterator() {
    return new TableIterator(memory, entries);
  }

  /** Makes an empty table that nothing points at yet. */
  ShadowPage create(Cpu cpu, long gfn, int role) {
    long base = PageLevel.alignDown(gfn, Role.level(role) + 1);
    ShadowPage page = new ShadowPage(tableFrames.take(cpu), base, role);
    pages.add(cpu, page);
    trace.kvmMmuGetPage(cpu, 0, base, role, 0, false, true);
    return page;
  }

  /** Takes back a table that was never linked. */
  void discard(Cpu cpu, ShadowPage page) {
    pages.remove(cpu, page.pfn());
    tableFrames.putBack(cpu, page.pfn());
  }

  /** Retires a root page that no vCPU uses and whose entries are all clear. */
  void retireRoot(Cpu cpu, ShadowPage root) {
    pages.remove(cpu, root.pfn());
    rcu.retire(cpu, root.pfn());
  }

  /**
   * Does all that follows from the change of one entry.
   *
   * @param gfn the first gfn that the entry covers
   * @param old what was really there
   * @param spte what is there now
   * @param isShared whether the MMU lock is held for reading only
   */
  void changed(Cpu cpu, long gfn, long old, long spte, int level, boolean isShared) {
    boolean wasLeaf = SpteFormat.isPresentLeaf(old, level);
    boolean isLeaf = SpteFormat.isPresentLeaf(spte, level);
    if (wasLeaf && isLeaf && SpteFormat.pfn(old) != SpteFormat.pfn(spte)) {
      throw new IllegalStateException(
          "a present leaf was replaced by one with another pfn, without zap and flush between: gfn "
              + Long.toHexString(gfn)
              + ", "
              + SpteText.describe(format, old, level)
              + " to "
              + SpteText.describe(format, spte, level));
    }
    tell(cpu, gfn, old, spte, level);
    if (wasLeaf != isLeaf) {
      statistics.add(cpu, Statistics.pages(level), isLeaf ? 1 : -1);
    }
    if (wasLeaf) {
      reportLost(old, spte, isLeaf);
    } else if (SpteFormat.isTable(old, level) && !SpteFormat.isTable(spte, level)) {
      dismantle(cpu, SpteFormat.pfn(old), isShared);
    }
  }

  private void reportLost(long old, long spte, boolean isLeaf) {
    if (format.isAccessed(old) && !(isLeaf && format.isAccessed(spte))) {
      hostPages.markAccessed(SpteFormat.pfn(old));
    }
    reportLostDirt(old, isLeaf && format.isDirty(spte));
  }

  private void reportLostDirt(long old, boolean isStillDirty) {
    if (dirtReport.reportsOnClear() && format.isDirty(old) && !isStillDirty) {
      hostPages.markDirty(SpteFormat.pfn(old));
    }
  }

  /** Tells listeners of a change, if it is one. */
  private void tell(Cpu cpu, long gfn, long old, long spte, int level) {
    if (old != spte) {
      trace.kvmTdpMmuSpteChanged(cpu, 0, gfn, level, old, spte);
    }
  }

  /** Says that the A bit of a leaf was cleared; that it was used is the ager's to tell. */
  void accessedCleared(Cpu cpu, long gfn, long old, int level) {
    tell(cpu, gfn, old, old & ~format.accessedBit(), level);
  }

  /**
   * Reports the dirt that a leaf lost by being marked access-tracked; its use is the ager's to
   * tell.
   */
  void accessTracked(Cpu cpu, long gfn, long old, long tracked, int level) {
    tell(cpu, gfn, old, tracked, level);
    reportLostDirt(old, format.isDirty(tracked));
  }

  private void dismantle(Cpu cpu, long pfn, boolean isShared) {
    ShadowPage page = pages.remove(cpu, pfn);
    trace.kvmMmuPrepareZapPage(cpu, 0, page.gfn(), page.role(), 0, false);
    int level = page.level();
    for (int i = 0; i < entries; i++) {
      long sptep = PhysicalMemory.hpa(pfn) + 8L * i;
      long gfn = page.gfn() + i * PageLevel.frames(level);
      long old = memory.getLong(sptep);
      if (isShared) {
        old = freeze(cpu, sptep, old);
      } else if (SpteFormat.isShadowPresent(old)) {
        old = writer.replace(cpu, sptep, old, SpteFormat.FROZEN, level);
      } else {
        continue;
      }
      changed(cpu, gfn, old, SpteFormat.FROZEN, level, isShared);
    }
    rcu.retire(cpu, pfn);
  }

  /** Freezes an entry, waiting while another walker has it frozen for a moment. */
  private long freeze(Cpu cpu, long sptep, long seen) {
    long old = seen;
    while (true) {
      if (!SpteFormat.isFrozen(old)) {
        old = writer.exchange(sptep, SpteFormat.FROZEN);
        if (!SpteFormat.isFrozen(old)) {
          return old;
        }
      }
      cpu.awaitChange(memory, sptep, SpteFormat.FROZEN);
      old = memory.getLong(sptep);
    }
  }

  /**
   * Makes the table that takes the place of a large leaf, not linked yet: it maps the same memory.
   */
  ShadowPage createSplit(Cpu cpu, long gfn, long large, int level, int rootRole) {
    ShadowPage page = create(cpu, gfn, Role.atLevel(rootRole, level - 1));
    for (int i = 0; i < entries; i++) {
      long sptep = PhysicalMemory.hpa(page.pfn()) + 8L * i;
      writer.initialise(sptep, maker.makeSplit(large, level, i), level - 1);
    }
    return page;
  }

  /** Says that a split table is linked: its leaves count, as the large one did before. */
  void splitLinked(Cpu cpu, long gfn, long large, long table, int level, boolean isShared) {
    changed(cpu, gfn, large, table, level, isShared);
    trace.kvmMmuSplitHugePage(cpu, gfn, large, level, 0);
    statistics.add(cpu, Statistics.pages(level - 1), entries);
    statistics.count(cpu, Stat.HUGE_PAGE_SPLITS);
  }
}
