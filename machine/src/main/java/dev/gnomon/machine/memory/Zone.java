package dev.gnomon.machine.memory;

/**
 * A range of 1 GiB blocks from which frames (level 1), 2 MiB blocks (2) and 1 GiB blocks (3) are
 * taken, each by its number from the start of the extent.
 *
 * <p>The smallest that fits is taken: a larger block is broken only when no broken one has a free
 * child, and 1 GiB blocks that were never used come last, from the lowest on. So memory is used
 * densely, however sparsely the guest touches its own. A block whose children are all free again is
 * made whole at once.
 *
 * <p>Guarded by the allocator's lock.
 */
final class Zone {
  private static final long NONE = -1;
  private static final int TOP = 3;

  private final FrameDescriptors descriptors;
  private final long firstFrame;
  private final BlockTable[] tables;

  /** By level, 2 and 3: the first broken block that has a free child. */
  private final long[] broken = {NONE, NONE, NONE, NONE};

  /** The first 1 GiB block that was used and is free as a whole. */
  private long free = NONE;

  /** The next 1 GiB block that was never used. */
  private long fresh;

  private final long end;

  /** A zone of the 1 GiB blocks from {@code first} to {@code end}, the latter not included. */
  Zone(FrameDescriptors descriptors, long firstFrame, BlockTable[] tables, long first, long end) {
    this.descriptors = descriptors;
    this.firstFrame = firstFrame;
    this.tables = tables;
    this.fresh = first;
    this.end = end;
  }

  /** Takes a frame or a whole block. Returns its number, or -1 if there is none. */
  long take(int level) {
    if (level == TOP) {
      return takeTop(true);
    }
    int above = level + 1;
    while (broken[above] == NONE) {
      long whole = above == TOP ? takeTop(false) : take(above);
      if (whole != NONE) {
        breakUp(above, whole);
      } else if (broken[above] == NONE) {
        return NONE;
      }
      // Else the attempt broke the block that memory ends in.
    }
    long block = broken[above];
    long child = tables[above].takeChild(block);
    if (tables[above].freeChildren(block) == 0) {
      broken[above] = tables[above].unlink(block, block);
    }
    return child;
  }

  /** Gives a frame or a whole block back. */
  void give(int level, long number) {
    if (level == TOP) {
      tables[TOP].link(number, free);
      free = number;
      return;
    }
    int above = level + 1;
    BlockTable table = tables[above];
    long block = number / BlockTable.CHILDREN;
    int freeChildren = table.giveChild(number);
    if (freeChildren == 1) {
      table.link(block, broken[above]);
      broken[above] = block;
    }
    if (freeChildren == BlockTable.CHILDREN) {
      broken[above] = table.unlink(block, broken[above]);
      table.makeWhole(block);
      give(above, block);
    }
  }

  private long takeTop(boolean whole) {
    if (free != NONE) {
      long block = free;
      free = tables[TOP].unlink(block, block);
      return block;
    }
    if (fresh == end || (whole && tables[TOP].wholeChildren(fresh) < BlockTable.CHILDREN)) {
      return NONE;
    }
    return fresh++;
  }

  /**
   * Breaks a whole block. Where memory ends within a 1 GiB block, it may also end within a 2 MiB
   * block of it, which then is never whole: that one is broken along with it.
   */
  private void breakUp(int level, long block) {
    BlockTable table = tables[level];
    boolean wasUsed = table.isUsed(block);
    table.breakUp(block);
    int children = table.wholeChildren(block);
    long firstChild = block * BlockTable.CHILDREN;
    if (wasUsed) {
      for (long child = firstChild; child < firstChild + children; child++) {
        setUsed(level - 1, child);
      }
    }
    if (children > 0) {
      table.link(block, broken[level]);
      broken[level] = block;
    }
    if (level == TOP && children < BlockTable.CHILDREN) {
      long last = firstChild + children;
      if (tables[2].wholeChildren(last) > 0) {
        breakUp(2, last);
      }
    }
  }

  private void setUsed(int level, long number) {
    if (level == 1) {
      descriptors.setFlags(firstFrame + number, FrameDescriptors.USED);
    } else {
      tables[level].setUsed(number);
    }
  }
}
