package dev.gnomon.machine.memory;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.HostPages;
import dev.gnomon.mmu.platform.OutOfFramesException;
import dev.gnomon.mmu.platform.PhysicalMemory;

/**
 * What is done to pages that are present, against the will of whoever maps them: written out,
 * evicted, moved, split, unmapped, protected. The protocol is that of {@link HostAddressSpace};
 * each method here is one or more rounds of it.
 */
final class PageOut {
  private final PhysicalMemory memory;
  private final HostFrames frames;
  private final HostPageTable table;
  private final SwapSpace swap;
  private final PageCounts counts;

  /** Set before any CPU runs. */
  private PageUser user = PageUser.NOBODY;

  PageOut(
      PhysicalMemory memory,
      HostFrames frames,
      HostPageTable table,
      SwapSpace swap,
      PageCounts counts) {
    this.memory = memory;
    this.frames = frames;
    this.table = table;
    this.swap = swap;
    this.counts = counts;
  }

  void setUser(PageUser user) {
    this.user = user;
  }

  /** Evicts a 4 KiB page. Returns false if it is not there to be evicted, or not now. */
  boolean evict(Cpu cpu, long hvn) {
    long pte = claimSmall(cpu, hvn);
    if (pte == HostPte.EMPTY) {
      return false;
    }
    long pfn = HostPte.pfn(pte);
    long now = pte;
    user.invalidateStart(cpu, hvn, hvn + 1);
    try {
      boolean isWritten = clean(cpu, pfn);
      long slot = frames.slot(pfn);
      now = slot < 0 ? HostPte.DROPPED : HostPte.swapped(slot, HostPte.isWritable(pte));
      if (!isWritten) {
        counts.add(cpu, PageCounts.Kind.DROPPED_CLEAN, 1);
      }
    } finally {
      table.set(table.find(hvn), now);
      user.invalidateEnd(cpu, hvn, hvn + 1);
    }
    frames.free(cpu, pfn);
    counts.add(cpu, PageCounts.Kind.EVICTED, 1);
    counts.add(cpu, PageCounts.Kind.RESIDENT, -1);
    return true;
  }

  /** Writes a 4 KiB page out if it is dirty; it stays. Returns false as {@link #evict} does. */
  boolean writeBack(Cpu cpu, long hvn) {
    long pte = claimSmall(cpu, hvn);
    if (pte == HostPte.EMPTY) {
      return false;
    }
    user.invalidateStart(cpu, hvn, hvn + 1);
    try {
      if (!mayCleanMapped()) {
        clean(cpu, HostPte.pfn(pte));
      }
    } finally {
      table.set(table.find(hvn), pte);
      user.invalidateEnd(cpu, hvn, hvn + 1);
    }
    return true;
  }

  /** Whether a page may be cleaned that is mapped again since it was forgotten. */
  boolean mayCleanMapped() {
    return user.reportsDirtWhenItForgets();
  }

  /**
   * The second half of {@link #writeBack}, some time later, for a user that reports dirt when it
   * forgets: the page may be mapped again by now, and written. First the dirt is cleared, then all
   * translations are flushed, then the page is saved: whatever the save misses is written through
   * the user's tables as they are after the flush, and they will tell. The page is pinned.
   */
  void cleanMapped(Cpu cpu, long pfn) {
    if (frames.testAndClear(pfn, HostFrames.DIRTY)) {
      user.flush(cpu);
      save(cpu, pfn);
    }
  }

  private boolean clean(Cpu cpu, long pfn) {
    if (!frames.testAndClear(pfn, HostFrames.DIRTY)) {
      return false;
    }
    save(cpu, pfn);
    return true;
  }

  /** Moves a page, small or large, to other frames. Returns false if it cannot be moved now. */
  boolean move(Cpu cpu, long hvn) {
    int level = HostPte.level(table.get(table.find(hvn)));
    if (level == 0) {
      return false;
    }
    long to = level == 1 ? frames.allocate(cpu) : frames.allocateRun(cpu, level);
    if (to < 0) {
      return false;
    }
    long pte = table.tryClaim(cpu, hvn);
    if (HostPte.level(pte) != level) {
      unclaim(hvn, pte);
      free(cpu, to, level);
      return false;
    }
    long span = HostFrames.framesOf(level);
    long first = hvn & -span;
    long from = HostPte.pfn(pte);
    user.invalidateStart(cpu, first, first + span);
    for (long i = 0; i < span; i++) {
      memory.copy(from + i, to + i);
      frames.mark(to + i, frames.marks(from + i));
    }
    frames.setSlot(to, frames.slot(from));
    table.set(table.find(hvn), HostPages.page(to, level, HostPte.isWritable(pte)));
    user.invalidateEnd(cpu, first, first + span);
    free(cpu, from, level);
    return true;
  }

  /**
   * Turns a large page into pages of the next smaller level. The user forgets the whole of it
   * first: dirt that it reports later, for a page that it mapped large, could not be told from that
   * of one part.
   *
   * @return false if it is not large, or not to be had now
   * @throws OutOfFramesException if there is no frame for the table
   */
  boolean split(Cpu cpu, long hvn) {
    if (HostPte.level(table.get(table.find(hvn))) < 2) {
      return false;
    }
    long newTable = table.newTable(cpu);
    long pte = table.tryClaim(cpu, hvn);
    int level = HostPte.level(pte);
    if (level < 2) {
      unclaim(hvn, pte);
      frames.free(cpu, newTable);
      return false;
    }
    long span = HostFrames.framesOf(level);
    long first = hvn & -span;
    long pfn = HostPte.pfn(pte);
    user.invalidateStart(cpu, first, first + span);
    boolean isDirty = isMarked(pfn, level, HostFrames.DIRTY);
    frames.splitRun(cpu, pfn, level);
    long part = HostFrames.framesOf(level - 1);
    for (int i = 0; i < BlockTable.CHILDREN; i++) {
      long partPfn = pfn + i * part;
      if (isDirty) {
        frames.mark(partPfn, HostFrames.DIRTY);
      }
      frames.setSlot(partPfn, -1);
      table.setInNewTable(newTable, i, HostPages.page(partPfn, level - 1, HostPte.isWritable(pte)));
    }
    table.set(table.find(hvn), HostPte.table(PhysicalMemory.hpa(newTable)));
    user.invalidateEnd(cpu, first, first + span);
    counts.add(cpu, PageCounts.Kind.SPLIT, 1);
    return true;
  }

  /** Takes everything out of a range whose region is gone. */
  void discard(Cpu cpu, long first, long end) {
    splitAt(cpu, first);
    splitAt(cpu, end);
    user.invalidateStart(cpu, first, end);
    for (long hvn = table.next(first, end); hvn < end; hvn = table.next(hvn, end)) {
      long pte = table.claim(cpu, hvn);
      if (pte != HostPte.EMPTY) {
        table.set(table.find(hvn), HostPte.EMPTY);
        forget(cpu, pte);
      }
    }
    user.invalidateEnd(cpu, first, end);
  }

  /** Gives every page of a range, present or swapped, the permission that its region now has. */
  void protect(Cpu cpu, long first, long end, boolean isWritable) {
    splitAt(cpu, first);
    splitAt(cpu, end);
    user.invalidateStart(cpu, first, end);
    long hvn = table.next(first, end);
    while (hvn < end) {
      long pte = table.claim(cpu, hvn);
      long place = table.find(hvn);
      if (pte != HostPte.EMPTY) {
        boolean isKept = HostPte.isPresent(pte) || HostPte.isSwapped(pte);
        table.set(place, isKept ? HostPte.withWritable(pte, isWritable) : pte);
      }
      hvn = table.next((hvn & -HostPageTable.span(place)) + HostPageTable.span(place), end);
    }
    user.invalidateEnd(cpu, first, end);
  }

  /**
   * Whether the page was used, through the user's tables or otherwise, since this was last asked.
   */
  boolean clearYoung(Cpu cpu, long hvn, long pte) {
    int level = HostPte.level(pte);
    long span = HostFrames.framesOf(level);
    long first = hvn & -span;
    boolean isYoung = user.clearYoung(cpu, first, first + span);
    for (long pfn = HostPte.pfn(pte); pfn < HostPte.pfn(pte) + span; pfn++) {
      isYoung |= frames.testAndClear(pfn, HostFrames.ACCESSED);
    }
    return isYoung;
  }

  /** Splits whatever large page reaches across the boundary before {@code hvn}. */
  private void splitAt(Cpu cpu, long hvn) {
    for (; ; ) {
      long place = table.find(hvn);
      long pte = table.get(place);
      boolean isAcross = (hvn & HostPageTable.span(place) - 1) != 0;
      if (!isAcross || pte == HostPte.EMPTY) {
        return;
      }
      if (HostPte.isBusy(pte) || HostPte.isPinned(pte)) {
        table.awaitChange(cpu, place, pte);
      } else {
        // If that fails, the entry has changed since it was read: at once again.
        split(cpu, hvn);
      }
    }
  }

  private long claimSmall(Cpu cpu, long hvn) {
    long pte = table.tryClaim(cpu, hvn);
    if (HostPte.level(pte) <= 1) {
      return pte;
    }
    unclaim(hvn, pte);
    return HostPte.EMPTY;
  }

  private void unclaim(long hvn, long pte) {
    if (pte != HostPte.EMPTY) {
      table.set(table.find(hvn), pte);
    }
  }

  /** Saves a page whose dirt was just cleared. The dirt comes back if that fails. */
  private void save(Cpu cpu, long pfn) {
    try {
      if (frames.slot(pfn) < 0) {
        frames.setSlot(pfn, swap.allocate(cpu));
      }
      swap.write(cpu, frames.slot(pfn), pfn);
      counts.add(cpu, PageCounts.Kind.WRITTEN_OUT, 1);
    } catch (RuntimeException e) {
      frames.mark(pfn, HostFrames.DIRTY);
      throw e;
    }
  }

  private void forget(Cpu cpu, long pte) {
    int level = HostPte.level(pte);
    long span = HostPte.isPresent(pte) ? HostFrames.framesOf(level) : 1;
    counts.add(cpu, PageCounts.Kind.TOUCHED, -span);
    if (HostPte.isSwapped(pte)) {
      swap.free(cpu, HostPte.slot(pte));
    } else if (HostPte.isPresent(pte)) {
      long slot = frames.slot(HostPte.pfn(pte));
      if (slot >= 0) {
        swap.free(cpu, slot);
      }
      counts.add(cpu, PageCounts.Kind.RESIDENT, -span);
      free(cpu, HostPte.pfn(pte), level);
    }
  }

  private void free(Cpu cpu, long pfn, int level) {
    if (level == 1) {
      frames.free(cpu, pfn);
    } else {
      frames.freeRun(cpu, pfn, level);
    }
  }

  private boolean isMarked(long pfn, int level, long mark) {
    for (long at = pfn; at < pfn + HostFrames.framesOf(level); at++) {
      if ((frames.marks(at) & mark) != 0) {
        return true;
      }
    }
    return false;
  }
}
