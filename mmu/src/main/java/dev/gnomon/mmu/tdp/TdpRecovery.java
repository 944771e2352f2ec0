package dev.gnomon.mmu.tdp;

import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.config.Statistics;
import dev.gnomon.mmu.make.SpteMaker;
import dev.gnomon.mmu.make.SpteWriter;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.HostPages;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.slot.Memslot;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.sync.MmuLock;
import dev.gnomon.mmu.table.ShadowPage;
import dev.gnomon.mmu.table.ShadowPages;
import dev.gnomon.mmu.table.TableIterator;
import dev.gnomon.mmu.tlb.TlbFlusher;
import java.util.List;

/**
 * Brings large pages back where tables of small ones are no longer needed: after dirty logging was
 * switched off, and, in the background, where the NX mitigation had split. Under the MMU lock for
 * writing.
 */
final class TdpRecovery {
  private final PhysicalMemory memory;
  private final TdpTables tables;
  private final TdpRoots roots;
  private final TdpZapper zapper;
  private final SpteMaker maker;
  private final SpteWriter writer;
  private final ShadowPages pages;
  private final HostPages hostPages;
  private final MmuLock mmuLock;
  private final TlbFlusher flusher;
  private final HugeRecoveryRule rule;
  private final int largestLevel;
  private final Statistics statistics;

  TdpRecovery(
      PhysicalMemory memory,
      TdpTables tables,
      TdpRoots roots,
      TdpZapper zapper,
      SpteMaker maker,
      SpteWriter writer,
      ShadowPages pages,
      HostPages hostPages,
      MmuLock mmuLock,
      TlbFlusher flusher,
      HugeRecoveryRule rule,
      int largestLevel,
      Statistics statistics) {
    this.memory = memory;
    this.tables = tables;
    this.roots = roots;
    this.zapper = zapper;
    this.maker = maker;
    this.writer = writer;
    this.pages = pages;
    this.hostPages = hostPages;
    this.mmuLock = mmuLock;
    this.flusher = flusher;
    this.rule = rule;
    this.largestLevel = largestLevel;
    this.statistics = statistics;
  }

  /** Recovers large pages in a slot that is no longer dirty-logged. */
  void recoverSlot(Cpu cpu, Memslot slot) {
    boolean owesFlush = false;
    TableIterator it = tables.iterator();
    List<TdpRoot> all = roots.acquireAll(cpu);
    for (TdpRoot root : all) {
      if (root.isInvalid()) {
        continue;
      }
      for (boolean more = it.start(root.page(), slot.baseGfn(), slot.endGfn(), PageLevel.LEVEL_2M);
          more;
          more = it.next()) {
        if (it.mayYield() && mmuLock.isContended(cpu)) {
          owesFlush = flushIf(cpu, owesFlush);
          mmuLock.writeUnlock(cpu);
          mmuLock.writeLock(cpu);
          it.restart();
        }
        if (isRecoverable(cpu, slot, it) && recover(cpu, slot, it, root.page().role())) {
          owesFlush = true;
          if (!rule.isInPlace()) {
            owesFlush = flushIf(cpu, true);
          }
        }
      }
    }
    flushIf(cpu, owesFlush);
    zapper.releaseAll(cpu, all);
  }

  private boolean isRecoverable(Cpu cpu, Memslot slot, TableIterator it) {
    int level = it.level();
    return level <= largestLevel
        && SpteFormat.isTable(it.spte(), level)
        && slot.holdsPage(it.gfn(), level)
        && slot.largePages().largestAllowed(it.gfn(), level) == level
        && !pages.isNxDisallowed(cpu, SpteFormat.pfn(it.spte()));
  }

  /** Recovers one table; false if none of its leaves lies in a host page that is large enough. */
  private boolean recover(Cpu cpu, Memslot slot, TableIterator it, int role) {
    long leafGfn = firstLeaf(it);
    if (leafGfn < 0) {
      return false;
    }
    long page = hostPages.present(slot.hvn(leafGfn));
    if (page == HostPages.ABSENT || HostPages.level(page) < it.level()) {
      return false;
    }
    if (rule.isInPlace()) {
      long large = maker.make(cpu, slot, it.level(), leafGfn, page, it.spte(), role);
      long old = writer.replace(cpu, it.sptep(), it.spte(), large, it.level());
      tables.changed(cpu, it.baseGfn(), old, large, it.level(), false);
      it.reread();
    } else {
      zapper.zap(cpu, it);
    }
    statistics.count(cpu, Stat.HUGE_PAGE_RECOVERIES);
    return true;
  }

  /** The gfn of the first leaf below the current table, or -1. */
  private long firstLeaf(TableIterator it) {
    long table = SpteFormat.pfn(it.spte());
    int level = it.level() - 1;
    long base = it.baseGfn();
    for (int i = 0; i < tables.entries(); i++) {
      long spte = memory.getLong(PhysicalMemory.hpa(table) + 8L * i);
      if (SpteFormat.isPresentLeaf(spte, level)) {
        return base + i * PageLevel.frames(level);
      }
    }
    return -1;
  }

  /**
   * Zaps the oldest tables that the NX mitigation keeps; the next access maps a large page again.
   */
  int recoverNx(Cpu cpu, int limit) {
    int recovered = 0;
    for (ShadowPage page : pages.oldestNxDisallowed(cpu, limit)) {
      TableIterator it = tables.iterator();
      List<TdpRoot> all = roots.acquireAll(cpu);
      for (TdpRoot root : all) {
        if (zapTable(cpu, it, root, page)) {
          recovered++;
        }
      }
      zapper.releaseAll(cpu, all);
    }
    flushIf(cpu, recovered > 0);
    return recovered;
  }

  private boolean zapTable(Cpu cpu, TableIterator it, TdpRoot root, ShadowPage page) {
    for (boolean more = it.start(root.page(), page.gfn(), page.gfn() + 1, page.level() + 1);
        more;
        more = it.next()) {
      if (it.level() == page.level() + 1
          && SpteFormat.isTable(it.spte(), it.level())
          && SpteFormat.pfn(it.spte()) == page.pfn()) {
        zapper.zap(cpu, it);
        return true;
      }
    }
    return false;
  }

  private boolean flushIf(Cpu cpu, boolean owesFlush) {
    if (owesFlush) {
      flusher.flushAll(cpu);
    }
    return false;
  }
}
