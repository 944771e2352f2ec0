package dev.gnomon.mmu.shadow;

import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.config.Statistics;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.table.Role;
import dev.gnomon.mmu.tlb.TlbFlusher;
import org.jspecify.annotations.Nullable;

/**
 * Finds the page of a gfn and a role, or makes it. One that is unsync is compared with the guest's
 * table first, but stays unsync. Where the guest makes a table of level 2 or more of what it used
 * as one of level 1, the unsync page of that is zapped: its gfn is about to be write-tracked.
 *
 * <p>Under the MMU lock for writing.
 */
final class PageFinder {
  private final PageStore pages;
  private final ShadowTables tables;
  private final PageSync sync;
  private final TlbFlusher flusher;
  private final Statistics statistics;

  PageFinder(Foundation base, PageStore pages, ShadowTables tables, PageSync sync) {
    this.pages = pages;
    this.tables = tables;
    this.sync = sync;
    flusher = base.flusher();
    statistics = base.statistics();
  }

  /** The page, found or made. */
  MmuPage get(Cpu cpu, GuestFormat guest, long gfn, int role) {
    ZapBatch batch = new ZapBatch();
    MmuPage found = find(cpu, guest, gfn, role, batch);
    tables.commit(cpu, batch);
    boolean isNew = found == null;
    MmuPage page = found;
    if (page == null) {
      statistics.count(cpu, Stat.MMU_CACHE_MISS);
      page = tables.create(cpu, gfn, role);
    }
    tables.tellGot(cpu, page, isNew);
    return page;
  }

  private @Nullable MmuPage find(Cpu cpu, GuestFormat guest, long gfn, int role, ZapBatch batch) {
    MmuPage next;
    for (MmuPage page = pages.ofGfn(gfn); page != null; page = next) {
      next = page.nextOfGfn;
      if (tables.isObsolete(page)) {
        continue;
      }
      if (page.role() != role) {
        if (Role.level(role) > 1 && UnsyncMarks.isUnsync(page)) {
          tables.zap(cpu, page, batch);
        }
        continue;
      }
      if (page.isDirect()) {
        return page;
      }
      if (UnsyncMarks.isUnsync(page)) {
        PageSync.Result result = sync.syncOrZap(cpu, guest, page, batch);
        if (result == PageSync.Result.FAILED) {
          return null;
        }
        if (result == PageSync.Result.CHANGED) {
          flusher.flushAll(cpu);
        }
      }
      page.used();
      return page;
    }
    return null;
  }
}
