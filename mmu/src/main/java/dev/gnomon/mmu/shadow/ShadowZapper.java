package dev.gnomon.mmu.shadow;

import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.config.Statistics;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.slot.Memslot;
import dev.gnomon.mmu.slot.MemslotArray;
import dev.gnomon.mmu.slot.Memslots;
import dev.gnomon.mmu.sync.MmuLock;

/**
 * Takes away much at once: what maps a range, for the host; obsolete pages, oldest first; the
 * oldest when there are too many; everything at the end, newest first.
 *
 * <p>Under the MMU lock for writing.
 */
final class ShadowZapper {
  private static final int PAGES_PER_MMU_PAGE = 50;
  private static final int FEWEST_PAGES = 64;

  /** What a fault may need. */
  private static final int LEAST_FREE = 5;

  private static final int REFILL = 25;
  private static final int BATCH = 10;

  private final MmuConfig config;
  private final Memslots memslots;
  private final PageStore pages;
  private final ReverseMap reverseMap;
  private final ShadowEntries entries;
  private final ShadowTables tables;
  private final MmuLock mmuLock;
  private final Statistics statistics;

  /** What the VMM has asked for, or 0. */
  private int requestedLimit;

  ShadowZapper(
      Foundation base,
      PageStore pages,
      ReverseMap reverseMap,
      ShadowEntries entries,
      ShadowTables tables) {
    config = base.config();
    memslots = base.memslots();
    this.pages = pages;
    this.reverseMap = reverseMap;
    this.entries = entries;
    this.tables = tables;
    mmuLock = base.mmuLock();
    statistics = base.statistics();
    requestedLimit = config.shadowPages();
  }

  /** Clears every leaf that maps a gfn of the range; returns whether a flush is owed. */
  boolean zapLeaves(Cpu cpu, Memslot slot, long firstGfn, long endGfn) {
    if (!ReverseMap.isKept(slot)) {
      return false;
    }
    boolean owesFlush = false;
    for (int level = PageLevel.LEVEL_4K; level <= PageLevel.LEVEL_1G; level++) {
      long step = PageLevel.frames(level);
      for (long gfn = PageLevel.alignDown(firstGfn, level); gfn < endGfn; gfn += step) {
        long inSlot = Math.max(gfn, slot.baseGfn());
        if (reverseMap.isEmpty(slot, inSlot, level)) {
          continue;
        }
        entries.clearAll(cpu, slot, inSlot, level);
        owesFlush = true;
      }
    }
    return owesFlush;
  }

  /**
   * After logging has ended: zaps the direct leaves of a slot that could be larger now; returns
   * whether a flush is owed.
   */
  boolean zapCollapsible(Cpu cpu, Memslot slot, LevelOfHost host) {
    if (!ReverseMap.isKept(slot)) {
      return false;
    }
    boolean owesFlush = false;
    for (int level = PageLevel.LEVEL_4K; level < PageLevel.LEVEL_1G; level++) {
      long step = PageLevel.frames(level);
      for (long gfn = slot.baseGfn(); gfn < slot.endGfn(); gfn += step) {
        if (reverseMap.isEmpty(slot, gfn, level)) {
          continue;
        }
        for (long sptep : reverseMap.entries(slot, gfn, level)) {
          MmuPage page = pages.ofEntry(sptep);
          if (page.isDirect() && level < host.largest(slot, page.gfn())) {
            entries.clear(cpu, sptep, level);
            reverseMap.remove(slot, gfn, level, sptep);
            owesFlush = true;
          }
        }
      }
    }
    return owesFlush;
  }

  /** How large a page around a gfn may be mapped, by host and slot. */
  @FunctionalInterface
  interface LevelOfHost {
    int largest(Memslot slot, long gfn);
  }

  /** Zaps pages of an earlier generation, dropping the lock at times. */
  void zapObsolete(Cpu cpu) {
    ZapBatch batch = new ZapBatch();
    int sinceYield = 0;
    MmuPage page = pages.oldest();
    while (page != null && tables.isObsolete(page)) {
      if (sinceYield >= BATCH && mmuLock.isContended(cpu)) {
        mmuLock.writeUnlock(cpu);
        mmuLock.writeLock(cpu);
        sinceYield = 0;
      } else {
        tables.zap(cpu, page, batch);
        sinceYield++;
      }
      // What is zapped is active no more, so the oldest is the next.
      page = pages.oldest();
    }
    tables.commit(cpu, batch);
  }

  /** Zaps everything, the newest first. Nobody is in the guest. */
  void zapAll(Cpu cpu) {
    ZapBatch batch = new ZapBatch();
    for (MmuPage page = pages.newest(); page != null; page = pages.newest()) {
      tables.zap(cpu, page, batch);
    }
    tables.commit(cpu, batch);
  }

  /** Makes room for what a fault may need, by zapping the oldest pages that are no roots. */
  void makeRoom(Cpu cpu) {
    int free = Math.max(limit() - pages.size(), 0);
    if (free < LEAST_FREE) {
      zapOldest(cpu, REFILL - free);
    }
  }

  /** Sets how many pages may be kept. */
  void setLimit(Cpu cpu, int limit) {
    requestedLimit = limit;
    zapOldest(cpu, pages.size() - limit);
  }

  private int limit() {
    return requestedLimit > 0 ? requestedLimit : Math.max(FEWEST_PAGES, slotPages());
  }

  private int slotPages() {
    MemslotArray slots = memslots.current();
    long all = 0;
    for (int i = 0; i < slots.size(); i++) {
      all += slots.get(i).pages();
    }
    return (int) Math.min(all / PAGES_PER_MMU_PAGE, Integer.MAX_VALUE);
  }

  private void zapOldest(Cpu cpu, int wanted) {
    ZapBatch batch = new ZapBatch();
    MmuPage page = pages.oldest();
    while (page != null && batch.size() < wanted) {
      MmuPage next = page.newer;
      if (page.rootCount == 0) {
        boolean hasOthers = tables.zap(cpu, page, batch);
        next = hasOthers ? pages.oldest() : next;
      }
      page = next;
    }
    statistics.add(cpu, Stat.MMU_RECYCLED, batch.size());
    tables.commit(cpu, batch);
  }
}
