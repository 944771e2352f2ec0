package dev.gnomon.machine.memory;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.HostPages;
import dev.gnomon.mmu.platform.PhysicalMemory;

/**
 * How a page becomes present: touched for the first time, or again after it was dropped, it holds
 * zeros; swapped, it is read back.
 *
 * <p>One CPU makes the entry busy and does the work; others wait for the entry to change. What
 * fails leaves the entry as it was.
 */
final class PageIn {
  private final PhysicalMemory memory;
  private final HostFrames frames;
  private final HostPageTable table;
  private final Regions regions;
  private final SwapSpace swap;
  private final PageCounts counts;

  PageIn(
      PhysicalMemory memory,
      HostFrames frames,
      HostPageTable table,
      Regions regions,
      SwapSpace swap,
      PageCounts counts) {
    this.memory = memory;
    this.frames = frames;
    this.table = table;
    this.regions = regions;
    this.swap = swap;
    this.counts = counts;
  }

  /**
   * Makes a page present. Returns its entry, or {@link HostPte#EMPTY} if nothing is mapped there.
   */
  long bring(Cpu cpu, long hvn) {
    for (; ; ) {
      long place = table.find(hvn);
      long pte = table.get(place);
      if (HostPte.isPresent(pte)) {
        return pte;
      }
      if (HostPte.isBusy(pte)) {
        table.awaitChange(cpu, place, pte);
      } else if (HostPte.isSwapped(pte)) {
        if (table.compareAndSet(place, pte, HostPte.busy(cpu.index()))) {
          swapIn(cpu, place, pte);
        }
      } else if (!HostPte.isTable(pte) && !touch(cpu, hvn, place, pte)) {
        return HostPte.EMPTY;
      }
    }
  }

  /** Comes closer to a page of zeros. Returns false if nothing is mapped there. */
  private boolean touch(Cpu cpu, long hvn, long place, long pte) {
    regions.lock(cpu);
    Region region = regions.find(hvn);
    boolean isInReach = region != null && region.pageLevel(hvn) >= HostPageTable.level(place);
    boolean isMine = isInReach && table.compareAndSet(place, pte, HostPte.busy(cpu.index()));
    regions.unlock(cpu);
    if (region == null) {
      return false;
    }
    if (isMine) {
      fillWithZeros(cpu, place, pte, region.isWritable());
    } else if (!isInReach) {
      table.grow(cpu, place);
    }
    return true;
  }

  private void fillWithZeros(Cpu cpu, long place, long old, boolean isWritable) {
    int level = HostPageTable.level(place);
    long now = old;
    try {
      long pfn = level == 1 ? frames.allocate(cpu) : frames.allocateRun(cpu, level);
      if (pfn < 0) {
        now = HostPte.table(PhysicalMemory.hpa(table.newTable(cpu)));
        return;
      }
      zero(pfn, level);
      frames.setSlot(pfn, -1);
      now = present(cpu, pfn, level, isWritable);
      PageCounts.Kind kind =
          old == HostPte.EMPTY ? PageCounts.Kind.TOUCHED : PageCounts.Kind.REFAULTED;
      counts.add(cpu, kind, HostFrames.framesOf(level));
    } finally {
      table.set(place, now);
    }
  }

  private void zero(long pfn, int level) {
    if (!frames.cameZeroed(pfn)) {
      for (long at = pfn; at < pfn + HostFrames.framesOf(level); at++) {
        memory.fill(at, 0);
      }
    }
  }

  private void swapIn(Cpu cpu, long place, long swapped) {
    long now = swapped;
    try {
      long pfn = frames.allocate(cpu);
      try {
        swap.read(cpu, HostPte.slot(swapped), pfn);
      } catch (RuntimeException e) {
        frames.free(cpu, pfn);
        throw e;
      }
      frames.setSlot(pfn, HostPte.slot(swapped));
      now = present(cpu, pfn, 1, HostPte.isWritable(swapped));
      counts.add(cpu, PageCounts.Kind.REFAULTED, 1);
    } finally {
      table.set(place, now);
    }
  }

  /** The entry of a page that is there now. It counts as used, or it might be gone before it is. */
  private long present(Cpu cpu, long pfn, int level, boolean isWritable) {
    frames.mark(pfn, HostFrames.ACCESSED);
    counts.add(cpu, PageCounts.Kind.RESIDENT, HostFrames.framesOf(level));
    return HostPages.page(pfn, level, isWritable);
  }
}
