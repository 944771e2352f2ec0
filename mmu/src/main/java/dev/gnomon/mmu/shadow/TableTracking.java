package dev.gnomon.mmu.shadow;

import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.config.Statistics;
import dev.gnomon.mmu.event.Tracepoints;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.slot.Memslot;
import dev.gnomon.mmu.sync.MmuLock;
import dev.gnomon.mmu.sync.SpinLock;
import dev.gnomon.mmu.track.WriteTracking;

/**
 * Whether a gfn may become writable although the guest has page tables there: not above level 1,
 * and not for whoever cannot do with the answer that its pages become unsync.
 *
 * <p>Under the MMU lock, in either mode.
 */
final class TableTracking implements WriteTracking {
  private final boolean mayBeUnsync;
  private final MmuLock mmuLock;
  private final SpinLock unsyncLock;
  private final PageStore pages;
  private final UnsyncMarks unsync;
  private final ShadowTables tables;
  private final Tracepoints trace;
  private final Statistics statistics;

  TableTracking(
      Foundation base,
      SpinLock unsyncLock,
      PageStore pages,
      UnsyncMarks unsync,
      ShadowTables tables) {
    mmuLock = base.mmuLock();
    this.unsyncLock = unsyncLock;
    mayBeUnsync = base.config().unsync();
    this.pages = pages;
    this.unsync = unsync;
    this.tables = tables;
    trace = base.trace();
    statistics = base.statistics();
  }

  @Override
  public boolean isWriteTracked(Cpu cpu, Memslot slot, long gfn, Unsync allowed) {
    if (REGISTERED.isWriteTracked(cpu, slot, gfn, allowed)) {
      return true;
    }
    for (MmuPage page = pages.ofGfn(gfn); page != null; page = page.nextOfGfn) {
      if (page.isDirect() || tables.isObsolete(page)) {
        continue;
      }
      if (allowed == Unsync.NOT_WHILE_SYNCING) {
        return true;
      }
      boolean isRefused = allowed != Unsync.ALLOWED || !mayBeUnsync;
      if (!isUnsync(cpu, page, !isRefused)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether a page is unsync, or now becomes so. Faults of the TDP MMU hold the MMU lock for
   * reading, several at a time: then another lock is taken, so that nobody sees the mark of a page
   * before those of the pages above it.
   */
  private boolean isUnsync(Cpu cpu, MmuPage page, boolean mayBecome) {
    boolean isShared = !mmuLock.isWrittenBy(cpu);
    if (isShared) {
      unsyncLock.lock(cpu);
    }
    boolean isUnsync = UnsyncMarks.isUnsync(page);
    if (!isUnsync && mayBecome) {
      makeUnsync(cpu, page, isShared);
      isUnsync = true;
    }
    if (isShared) {
      unsyncLock.unlock(cpu);
    }
    return isUnsync;
  }

  private void makeUnsync(Cpu cpu, MmuPage page, boolean isShared) {
    if (page.level() > 1) {
      throw new IllegalStateException(page + " is above level 1 and cannot be unsync");
    }
    trace.kvmMmuUnsyncPage(cpu, page.generation(), page.gfn(), page.toldRole(), page.rootCount);
    statistics.count(cpu, Stat.MMU_UNSYNC);
    statistics.count(cpu, Stat.MMU_MADE_UNSYNC);
    if (isShared) {
      // The TDP MMU's entry comes after the lock is gone: no order to choose.
      unsync.mark(page);
    } else {
      unsync.expectWritable(page);
    }
  }
}
