package dev.gnomon.machine.memory;

import dev.gnomon.mmu.platform.PhysicalMemory;

/**
 * The records of all blocks of one level: level 2 are 2 MiB blocks of frames, level 3 are 1 GiB
 * blocks of level-2 blocks. Children and blocks go by number, counted from the start of the extent.
 *
 * <p>A record, in memory, all zeros at first:
 *
 * <pre>
 *  bytes 0-7   | 15:0 how many children are free; 16: USED, the content may be other than zeros
 *  bytes 8-15  | the next block in a list, plus one
 *  bytes 16-23 | the one before it, plus one
 *  bytes 64-127| a bit for each child: it is free
 * </pre>
 *
 * <p>A block is <i>whole</i> (no child is free by itself: it is free or allocated as one), or
 * <i>broken</i>, its free children each having a bit. Whatever is in here is guarded by the
 * allocator's lock.
 */
final class BlockTable {
  static final int CHILDREN = 1 << Extent.FRAMES_PER_BLOCK_SHIFT;
  private static final long COUNT = 0xffff;
  private static final long USED = 1 << 16;
  private static final int NEXT = 8;
  private static final int PREVIOUS = 16;
  private static final int BITMAP = 64;
  private static final int BITMAP_END = 128;

  private final PhysicalMemory memory;
  private final long base;
  private final long childCount;

  BlockTable(PhysicalMemory memory, Extent extent, int level) {
    this.memory = memory;
    base = extent.blockRecordsHpa(level);
    childCount = extent.frameCount() >>> Extent.FRAMES_PER_BLOCK_SHIFT * (level - 2);
  }

  /**
   * How many whole children a block has: fewer than {@link #CHILDREN} only where memory ends in it.
   */
  int wholeChildren(long block) {
    return (int) Math.min(CHILDREN, childCount - block * CHILDREN);
  }

  int freeChildren(long block) {
    return (int) (memory.getLong(hpa(block)) & COUNT);
  }

  boolean isUsed(long block) {
    return (memory.getLong(hpa(block)) & USED) != 0;
  }

  void setUsed(long block) {
    memory.setLong(hpa(block), memory.getLong(hpa(block)) | USED);
  }

  /** Breaks a whole block: all its children become free. */
  void breakUp(long block) {
    int children = wholeChildren(block);
    for (int first = 0; first < children; first += Long.SIZE) {
      int bits = Math.min(Long.SIZE, children - first);
      memory.setLong(hpa(block) + BITMAP + first / Byte.SIZE, -1L >>> Long.SIZE - bits);
    }
    memory.setLong(hpa(block), children | USED);
  }

  /** Makes a block whole whose children are all free. */
  void makeWhole(long block) {
    for (int at = BITMAP; at < BITMAP_END; at += Long.BYTES) {
      memory.setLong(hpa(block) + at, 0);
    }
    memory.setLong(hpa(block), USED);
  }

  /** Takes the first free child of a block that has one. Returns its number. */
  long takeChild(long block) {
    for (int at = BITMAP; at < BITMAP_END; at += Long.BYTES) {
      long hpa = hpa(block) + at;
      long bits = memory.getLong(hpa);
      if (bits != 0) {
        memory.setLong(hpa, bits & bits - 1);
        memory.setLong(hpa(block), memory.getLong(hpa(block)) - 1);
        return block * CHILDREN
            + (long) (at - BITMAP) * Byte.SIZE
            + Long.numberOfTrailingZeros(bits);
      }
    }
    throw new IllegalStateException("block " + block + " has no free child, but should");
  }

  /** Makes a child free. Returns how many of its block now are. */
  int giveChild(long child) {
    long block = child / CHILDREN;
    int within = (int) (child % CHILDREN);
    long hpa = hpa(block) + BITMAP + within / Long.SIZE * Long.BYTES;
    long bits = memory.getLong(hpa);
    long bit = 1L << within;
    if ((bits & bit) != 0) {
      throw new IllegalStateException("child " + child + " of a block is free already");
    }
    memory.setLong(hpa, bits | bit);
    memory.setLong(hpa(block), memory.getLong(hpa(block)) + 1);
    return freeChildren(block);
  }

  /** Puts a block before {@code head} (-1 if the list is empty) of a list. */
  void link(long block, long head) {
    memory.setLong(hpa(block) + NEXT, head + 1);
    memory.setLong(hpa(block) + PREVIOUS, 0);
    if (head >= 0) {
      memory.setLong(hpa(head) + PREVIOUS, block + 1);
    }
  }

  /** Takes a block out of the list that begins with {@code head}. Returns the list's new head. */
  long unlink(long block, long head) {
    long next = memory.getLong(hpa(block) + NEXT) - 1;
    long previous = memory.getLong(hpa(block) + PREVIOUS) - 1;
    if (next >= 0) {
      memory.setLong(hpa(next) + PREVIOUS, previous + 1);
    }
    if (previous >= 0) {
      memory.setLong(hpa(previous) + NEXT, next + 1);
    }
    return block == head ? next : head;
  }

  private long hpa(long block) {
    return base + (block << Extent.BLOCK_RECORD_SHIFT);
  }
}
