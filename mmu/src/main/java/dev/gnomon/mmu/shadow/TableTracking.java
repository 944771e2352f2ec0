package dev.gnomon.mmu.shadow;

import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.config.Statistics;
import dev.gnomon.mmu.event.Tracepoints;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.slot.Memslot;
import dev.gnomon.mmu.track.WriteTracking;

/**
 * Whether a gfn may become writable although the guest has page tables there: not above level 1,
 * and not for whoever cannot do with the answer that its pages become unsync.
 *
 * <p>Under the MMU lock for writing.
 */
final class TableTracking implements WriteTracking {
  private final boolean mayBeUnsync;
  private final PageStore pages;
  private final UnsyncMarks unsync;
  private final ShadowTables tables;
  private final Tracepoints trace;
  private final Statistics statistics;

  TableTracking(Foundation base, PageStore pages, UnsyncMarks unsync, ShadowTables tables) {
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
      if (UnsyncMarks.isUnsync(page)) {
        continue;
      }
      if (allowed != Unsync.ALLOWED || !mayBeUnsync) {
        return true;
      }
      makeUnsync(cpu, page);
    }
    return false;
  }

  private void makeUnsync(Cpu cpu, MmuPage page) {
    if (page.level() > 1) {
      throw new IllegalStateException(page + " is above level 1 and cannot be unsync");
    }
    trace.kvmMmuUnsyncPage(cpu, page.generation(), page.gfn(), page.toldRole(), page.rootCount);
    statistics.count(cpu, Stat.MMU_UNSYNC);
    unsync.mark(page);
  }
}
