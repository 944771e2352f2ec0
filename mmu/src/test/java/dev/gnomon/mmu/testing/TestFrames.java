package dev.gnomon.mmu.testing;

import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.Frames;
import dev.gnomon.mmu.platform.OutOfFramesException;
import java.util.HashMap;
import java.util.Map;

/**
 * Frames that are never handed out twice, so that whoever still uses one that it gave back is found
 * out. A single frame comes full of poison, a run full of zeroes.
 */
public final class TestFrames extends Frames {
  static final long POISON = 0x0bad_0bad_0bad_0badL;
  private static final long FIRST_PFN = 16;

  private final TestMemory memory;
  private final Map<Long, Integer> runs = new HashMap<>();
  private long nextPfn = FIRST_PFN;
  private long left = Long.MAX_VALUE;

  TestFrames(TestMemory memory) {
    this.memory = memory;
  }

  /** Lets {@code frames} single frames more be allocated, then none. */
  public void setLeft(long frames) {
    left = frames;
  }

  @Override
  public long allocate(Cpu cpu) {
    if (left == 0) {
      throw new OutOfFramesException("the test allows no more frames");
    }
    left--;
    long pfn = nextPfn++;
    memory.setAllocated(pfn, 1);
    memory.fill(pfn, POISON);
    return pfn;
  }

  @Override
  public long allocateBelow4G(Cpu cpu) {
    return allocate(cpu);
  }

  @Override
  public long allocateRun(Cpu cpu, int level) {
    long pfn = PageLevel.alignUp(nextPfn, level);
    if (pfn + PageLevel.frames(level) > TestMemory.FRAMES / 2) {
      return -1;
    }
    nextPfn = pfn + PageLevel.frames(level);
    memory.setAllocated(pfn, PageLevel.frames(level));
    runs.put(pfn, level);
    return pfn;
  }

  @Override
  public void free(Cpu cpu, long pfn) {
    if (!memory.isAllocated(pfn)) {
      throw new AssertionError("frame " + Long.toHexString(pfn) + " is freed twice");
    }
    for (int level = PageLevel.LEVEL_2M; level <= PageLevel.LEVEL_1G; level++) {
      if (Integer.valueOf(level).equals(runs.get(PageLevel.alignDown(pfn, level)))) {
        throw new AssertionError("a frame is freed out of a whole run");
      }
    }
    memory.setFree(pfn, 1);
  }

  @Override
  public void freeRun(Cpu cpu, long pfn, int level) {
    requireRun(pfn, level);
    memory.setFree(pfn, PageLevel.frames(level));
  }

  @Override
  public void splitRun(Cpu cpu, long pfn, int level) {
    requireRun(pfn, level);
    if (level > PageLevel.LEVEL_2M) {
      for (int i = 0; i < PageLevel.ENTRIES; i++) {
        runs.put(pfn + i * PageLevel.frames(level - 1), level - 1);
      }
    }
  }

  private void requireRun(long pfn, int level) {
    if (!Integer.valueOf(level).equals(runs.remove(pfn))) {
      throw new AssertionError("no run of level " + level + " at " + Long.toHexString(pfn));
    }
  }
}
