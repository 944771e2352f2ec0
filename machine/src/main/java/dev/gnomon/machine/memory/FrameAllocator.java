package dev.gnomon.machine.memory;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.OutOfFramesException;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.sync.SpinLock;
import dev.gnomon.mmu.sync.Synchronization;

/**
 * The allocator of an extent's frames.
 *
 * <p>Each CPU has a cache of free frames that only it touches, so most calls touch nothing that is
 * shared. Caches are filled and drained in batches, under one lock, from two zones: the memory
 * below 4 GiB (counted from the start of the extent) is the last to be handed out to those who can
 * use any. The lock guards the zones and the block records; the flags of a frame belong to whoever
 * has it.
 *
 * <p>Giving back what is not allocated, or not as what it was allocated, throws {@link
 * IllegalStateException}: a bug of the caller.
 */
public final class FrameAllocator extends HostFrames {

  /**
   * What poisoned frames are filled with. As a page-table entry it is not present; its address is
   * no memory's.
   */
  public static final long POISON = 0xdead_beef_dead_bee0L;

  private static final int CACHE = 64;
  private static final int BATCH = 32;
  private static final long BLOCKS_BELOW_4G = 4;

  private final PhysicalMemory memory;
  private final Extent extent;
  private final boolean poison;
  private final FrameDescriptors descriptors;
  private final BlockTable[] tables;
  private final Zone low;
  private final Zone high;
  private final SpinLock lock;
  private final Cache[] caches;

  /**
   * By CPU and written by it: frames that it allocated less those that it freed; may be negative.
   */
  private final SharedWords allocated;

  /** A CPU's free frames, the last one given back on top. Owned by that CPU. */
  private static final class Cache {
    final long[] frames = new long[CACHE];
    int size;
  }

  /**
   * Makes the allocator of an extent of the platform's memory that reads as zeros.
   *
   * @param poison whether frames given back are filled with {@link #POISON}
   */
  public FrameAllocator(
      Platform platform, Synchronization synchronization, Extent extent, boolean poison) {
    this.memory = platform.memory();
    this.extent = extent;
    this.poison = poison;
    descriptors = new FrameDescriptors(memory, extent);
    BlockTable frames = new BlockTable(memory, extent, 2);
    BlockTable blocks = new BlockTable(memory, extent, 3);
    tables = new BlockTable[] {frames, frames, frames, blocks};
    long end = extent.blockCount(3);
    long middle = Math.min(end, BLOCKS_BELOW_4G);
    low = new Zone(descriptors, extent.firstFrame(), tables, 0, middle);
    high = new Zone(descriptors, extent.firstFrame(), tables, middle, end);
    lock = synchronization.spinLock();
    caches = new Cache[platform.cpus()];
    for (int i = 0; i < caches.length; i++) {
      caches[i] = new Cache();
    }
    allocated = platform.newWords(caches.length * SharedWords.STRIDE);
  }

  @Override
  public long capacity() {
    return extent.frameCount();
  }

  @Override
  public long allocated() {
    long sum = 0;
    for (int i = 0; i < caches.length; i++) {
      sum += allocated.get(i * SharedWords.STRIDE);
    }
    return sum;
  }

  @Override
  public long allocate(Cpu cpu) {
    Cache cache = caches[cpu.index()];
    if (cache.size == 0) {
      fill(cpu, cache);
      if (cache.size == 0) {
        throw outOfFrames("");
      }
    }
    return handOut(cpu, cache.frames[--cache.size]);
  }

  @Override
  public long allocateBelow4G(Cpu cpu) {
    long pfn = takeNowOrDrained(cpu, low, 1);
    if (pfn < 0) {
      throw outOfFrames(" below 4 GiB");
    }
    return handOut(cpu, pfn);
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if the level is neither 2 nor 3
   */
  @Override
  public long allocateRun(Cpu cpu, int level) {
    checkRunLevel(level);
    long pfn = takeNowOrDrained(cpu, high, level);
    if (pfn < 0) {
      pfn = takeNowOrDrained(cpu, low, level);
    }
    if (pfn >= 0) {
      long block = block(pfn, level);
      // The record of a block that is allocated whole is its owner's alone.
      boolean isZeroed = !tables[level].isUsed(block);
      tables[level].setUsed(block);
      descriptors.setFlags(
          pfn,
          FrameDescriptors.runFlags(level)
              | FrameDescriptors.USED
              | (isZeroed ? FrameDescriptors.ZEROED : 0));
      count(cpu, framesOf(level));
    }
    return pfn;
  }

  @Override
  public boolean cameZeroed(long pfn) {
    return (descriptors.flags(pfn) & FrameDescriptors.ZEROED) != 0;
  }

  @Override
  public void free(Cpu cpu, long pfn) {
    takeBack(pfn, FrameDescriptors.ALLOCATED);
    count(cpu, -1);
    poison(pfn);
    Cache cache = caches[cpu.index()];
    if (cache.size == CACHE) {
      drain(cpu, cache, BATCH);
    }
    cache.frames[cache.size++] = pfn;
  }

  @Override
  public void freeRun(Cpu cpu, long pfn, int level) {
    checkRunLevel(level);
    takeBack(pfn, FrameDescriptors.runFlags(level));
    long frames = framesOf(level);
    count(cpu, -frames);
    for (long at = pfn; at < pfn + frames; at++) {
      if (descriptors.flags(at) != 0) {
        descriptors.setFlags(at, FrameDescriptors.USED);
      }
      poison(at);
    }
    tables[level].setUsed(block(pfn, level));
    lock.lock(cpu);
    give(level, pfn);
    lock.unlock(cpu);
  }

  /**
   * Turns a run into the next smaller things: 2 MiB into frames, 1 GiB into runs of 2 MiB. What
   * else is known of each frame (dirty, accessed) stays.
   */
  @Override
  public void splitRun(Cpu cpu, long pfn, int level) {
    checkRunLevel(level);
    takeBack(pfn, FrameDescriptors.runFlags(level));
    long part = framesOf(level - 1);
    long flags = level == 2 ? FrameDescriptors.ALLOCATED : FrameDescriptors.runFlags(level - 1);
    for (long at = pfn; at < pfn + framesOf(level); at += part) {
      descriptors.mark(at, flags | FrameDescriptors.USED);
    }
  }

  @Override
  public long marks(long pfn) {
    return descriptors.flags(pfn) & (DIRTY | ACCESSED);
  }

  @Override
  public void mark(long pfn, long marks) {
    descriptors.mark(pfn, marks);
  }

  @Override
  public boolean testAndClear(long pfn, long mark) {
    return descriptors.testAndClear(pfn, mark);
  }

  @Override
  public long slot(long pfn) {
    return descriptors.slot(pfn);
  }

  @Override
  public void setSlot(long pfn, long slot) {
    descriptors.setSlot(pfn, slot);
  }

  private long handOut(Cpu cpu, long pfn) {
    long isNew =
        (descriptors.flags(pfn) & FrameDescriptors.USED) == 0 ? FrameDescriptors.ZEROED : 0;
    descriptors.setFlags(pfn, FrameDescriptors.ALLOCATED | FrameDescriptors.USED | isNew);
    count(cpu, 1);
    return pfn;
  }

  private long takeNowOrDrained(Cpu cpu, Zone zone, int level) {
    lock.lock(cpu);
    long number = zone.take(level);
    lock.unlock(cpu);
    Cache cache = caches[cpu.index()];
    if (number < 0 && cache.size > 0) {
      drain(cpu, cache, cache.size);
      lock.lock(cpu);
      number = zone.take(level);
      lock.unlock(cpu);
    }
    return number < 0 ? number : extent.firstFrame() + number * framesOf(level);
  }

  private void fill(Cpu cpu, Cache cache) {
    lock.lock(cpu);
    while (cache.size < BATCH) {
      long number = high.take(1);
      if (number < 0) {
        number = low.take(1);
      }
      if (number < 0) {
        break;
      }
      cache.frames[cache.size++] = extent.firstFrame() + number;
    }
    lock.unlock(cpu);
  }

  private void drain(Cpu cpu, Cache cache, int frames) {
    lock.lock(cpu);
    for (int i = 0; i < frames; i++) {
      give(1, cache.frames[--cache.size]);
    }
    lock.unlock(cpu);
  }

  private void give(int level, long pfn) {
    boolean isLow = block(pfn, 3) < BLOCKS_BELOW_4G;
    (isLow ? low : high).give(level, block(pfn, level));
  }

  private long block(long pfn, int level) {
    return (pfn - extent.firstFrame()) / framesOf(level);
  }

  /** Takes the mark of being allocated off a frame, which must be allocated just so. */
  private void takeBack(long pfn, long expected) {
    long flags = descriptors.flags(pfn);
    if ((flags & FrameDescriptors.runFlags(3)) == expected) {
      flags = descriptors.getAndClear(pfn, expected);
    }
    if ((flags & FrameDescriptors.runFlags(3)) != expected) {
      int level = FrameDescriptors.runLevel(flags);
      throw new IllegalStateException(
          "frame %x is given back or split as %s, but is %s"
              .formatted(
                  pfn,
                  nameOf(FrameDescriptors.runLevel(expected)),
                  (flags & FrameDescriptors.ALLOCATED) == 0 ? "not allocated" : nameOf(level)));
    }
  }

  private static String nameOf(int runLevel) {
    return runLevel == 0 ? "a frame" : "the first of a run of level " + runLevel;
  }

  private void poison(long pfn) {
    if (poison) {
      memory.fill(pfn, POISON);
    }
  }

  private void count(Cpu cpu, long frames) {
    int mine = cpu.index() * SharedWords.STRIDE;
    allocated.set(mine, allocated.get(mine) + frames);
  }

  private OutOfFramesException outOfFrames(String where) {
    return new OutOfFramesException(
        "no free frame%s: %d of the host's %d are allocated, the rest is out of reach"
            .formatted(where, allocated(), capacity()));
  }

  private static void checkRunLevel(int level) {
    if (level != 2 && level != 3) {
      throw new IllegalArgumentException("a run of level " + level);
    }
  }
}
