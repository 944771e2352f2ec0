package dev.gnomon.machine.memory;

import dev.gnomon.mmu.platform.PhysicalMemory;

/**
 * What the host knows about each frame: two words in memory, one of flags and one for the swap slot
 * that holds a copy.
 *
 * <pre>
 *  bit | flag       | written by
 *  0   | ALLOCATED  | the allocator
 *  1,2 | run level  | the allocator, in the first frame of an unsplit run only: 2 or 3, else 0
 *  3   | USED       | the allocator: the content may be other than zeros
 *  4   | ZEROED     | the allocator: the content was zeros when it was handed out
 *  5   | DIRTY      | any CPU; as HostFrames has it
 *  6   | ACCESSED   | any CPU; likewise
 * </pre>
 *
 * <p>A frame that was never handed out has 0. The slot word is 0 for none, else the slot plus one;
 * it is written only by who has the page to itself (see {@link HostAddressSpace}).
 */
final class FrameDescriptors {
  static final long ALLOCATED = 1;
  static final long USED = 8;
  static final long ZEROED = 16;
  private static final int RUN_LEVEL_SHIFT = 1;
  private static final long RUN_LEVEL = 3L << RUN_LEVEL_SHIFT;
  private static final int SLOT = 8;

  private final PhysicalMemory memory;
  private final long base;
  private final long firstFrame;
  private final long frameCount;

  FrameDescriptors(PhysicalMemory memory, Extent extent) {
    this.memory = memory;
    base = extent.descriptorsHpa();
    firstFrame = extent.firstFrame();
    frameCount = extent.frameCount();
  }

  /** The flags of the first frame of an allocated run. */
  static long runFlags(int level) {
    return ALLOCATED | (long) level << RUN_LEVEL_SHIFT;
  }

  /** The level of the run that a frame with these flags is the first of, or 0. */
  static int runLevel(long flags) {
    return (int) ((flags & RUN_LEVEL) >>> RUN_LEVEL_SHIFT);
  }

  long flags(long pfn) {
    return memory.getLong(hpa(pfn));
  }

  void setFlags(long pfn, long flags) {
    memory.setLong(hpa(pfn), flags);
  }

  /** Clears flags. Returns what was there. */
  long getAndClear(long pfn, long flags) {
    return memory.getAndAndLong(hpa(pfn), ~flags);
  }

  /** Sets flags, writing only if one is clear: many CPUs may say the same of one frame. */
  void mark(long pfn, long flags) {
    long hpa = hpa(pfn);
    if ((memory.getLong(hpa) & flags) != flags) {
      memory.getAndOrLong(hpa, flags);
    }
  }

  /** Clears a flag. Returns whether it was set. */
  boolean testAndClear(long pfn, long flag) {
    return (flags(pfn) & flag) != 0 && (getAndClear(pfn, flag) & flag) != 0;
  }

  /** The swap slot that holds a copy of the frame as it was when it was last clean, or -1. */
  long slot(long pfn) {
    return memory.getLong(hpa(pfn) + SLOT) - 1;
  }

  /** Sets the swap slot; -1 for none. */
  void setSlot(long pfn, long slot) {
    memory.setLong(hpa(pfn) + SLOT, slot + 1);
  }

  private long hpa(long pfn) {
    long index = pfn - firstFrame;
    if (Long.compareUnsigned(index, frameCount) >= 0) {
      throw new IllegalArgumentException("%x is no frame of this host".formatted(pfn));
    }
    return base + (index << Extent.DESCRIPTOR_SHIFT);
  }
}
