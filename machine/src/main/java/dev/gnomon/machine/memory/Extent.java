package dev.gnomon.machine.memory;

import dev.gnomon.mmu.platform.PhysicalMemory;

/**
 * A range of physical memory that one platform uses, and where in it the bookkeeping lies.
 *
 * <pre>
 *  firstFrame                     firstFrame + frameCount                            endFrame
 *  | frames that can be allocated | 16 bytes a frame | 128 bytes per 2 MiB | 128 bytes per 1 GiB |
 * </pre>
 *
 * <p>All bookkeeping starts as zeros, which means "never used", so that a large extent costs
 * nothing until its frames are.
 *
 * @param firstFrame the pfn of the first frame
 * @param frameCount how many frames can be allocated
 */
public record Extent(long firstFrame, long frameCount) {
  static final int FRAMES_PER_BLOCK_SHIFT = 9;
  static final int DESCRIPTOR_SHIFT = 4;
  static final int BLOCK_RECORD_SHIFT = 7;

  /**
   * Checks the range.
   *
   * @throws IllegalArgumentException if {@code frameCount} is not positive, or {@code firstFrame}
   *     not the start of a 1 GiB page or 0: no frame may have the number 0
   */
  public Extent {
    if (frameCount <= 0) {
      throw new IllegalArgumentException("an extent of " + frameCount + " frames");
    }
    if (firstFrame <= 0 || (firstFrame & (1L << 2 * FRAMES_PER_BLOCK_SHIFT) - 1) != 0) {
      throw new IllegalArgumentException("an extent that starts at frame " + firstFrame);
    }
  }

  /** Whether a frame lies in this range, its bookkeeping left out. */
  public boolean contains(long pfn) {
    return pfn - firstFrame >= 0 && pfn - firstFrame < frameCount;
  }

  /** The frame after the last one of the bookkeeping. */
  public long endFrame() {
    long bytes = (blockCount(3) << BLOCK_RECORD_SHIFT) + blockRecordsHpa(3);
    return PhysicalMemory.pfn(bytes + PhysicalMemory.FRAME_SIZE - 1);
  }

  /** Where the frame descriptors lie. */
  long descriptorsHpa() {
    return PhysicalMemory.hpa(firstFrame + frameCount);
  }

  /** How many blocks of level 2 (2 MiB) or 3 (1 GiB) it takes to cover the frames. */
  long blockCount(int level) {
    int shift = FRAMES_PER_BLOCK_SHIFT * (level - 1);
    return (frameCount + (1L << shift) - 1) >>> shift;
  }

  /** Where the records of the blocks of level 2 or 3 lie. */
  long blockRecordsHpa(int level) {
    long records = descriptorsHpa() + (frameCount << DESCRIPTOR_SHIFT);
    return level == 2 ? records : records + (blockCount(2) << BLOCK_RECORD_SHIFT);
  }
}
