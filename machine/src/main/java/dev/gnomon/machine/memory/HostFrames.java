package dev.gnomon.machine.memory;

import dev.gnomon.mmu.platform.Frames;

/**
 * An allocator of frames that also remembers of each what the host's memory manager must know: two
 * marks, and the swap slot that holds a copy. They are of use from the frame's allocation until it
 * is given back; a frame just allocated has neither mark, and its slot is undefined.
 *
 * <p>Marks are shared words: any CPU sets and clears them at any time. The slot belongs to whoever
 * has the page to itself (see {@link HostAddressSpace}).
 */
public abstract class HostFrames extends Frames {

  /** The mark of a frame that was written since the host last wrote it out. */
  public static final long DIRTY = 1 << 5;

  /** The mark of a frame that was used since the host last looked. */
  public static final long ACCESSED = 1 << 6;

  /** How many frames there are. */
  public abstract long capacity();

  /** How many frames are allocated, runs included; exact while no CPU allocates or frees. */
  public abstract long allocated();

  /** Whether a frame or run just allocated holds zeros, having never been used before. */
  public abstract boolean cameZeroed(long pfn);

  /** The marks of a frame. */
  public abstract long marks(long pfn);

  /** Sets marks, writing only if one is clear: many CPUs may say the same of one frame. */
  public abstract void mark(long pfn, long marks);

  /** Clears a mark. Returns whether it was set. */
  public abstract boolean testAndClear(long pfn, long mark);

  /** The swap slot that holds a copy of the frame as it was when it was last clean, or -1. */
  public abstract long slot(long pfn);

  /** Sets the swap slot; -1 for none. */
  public abstract void setSlot(long pfn, long slot);

  /** How many frames a page of a level has. */
  static long framesOf(int level) {
    return 1L << Extent.FRAMES_PER_BLOCK_SHIFT * (level - 1);
  }
}
