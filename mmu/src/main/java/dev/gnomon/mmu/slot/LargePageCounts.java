package dev.gnomon.mmu.slot;

import dev.gnomon.mmu.arch.PageLevel;

/**
 * For each 2 MiB and 1 GiB page of a slot, how many reasons there are not to map it as one page: it
 * sticks out of the slot, gfn and host address are not aligned alike, or a gfn in it is
 * write-tracked.
 *
 * <p>Read under the MMU lock in either mode, changed under it for writing.
 */
public final class LargePageCounts {
  private final long baseGfn;
  private final int[][] counts = new int[2][];

  LargePageCounts(long baseGfn, long pages, long baseHvn) {
    this.baseGfn = baseGfn;
    for (int level = PageLevel.LEVEL_2M; level <= PageLevel.LEVEL_1G; level++) {
      long first = baseGfn >>> shift(level);
      long last = baseGfn + pages - 1 >>> shift(level);
      int[] forbidden = new int[Math.toIntExact(last - first + 1)];
      long mask = PageLevel.frames(level) - 1;
      if ((baseGfn & mask) != 0) {
        forbidden[0]++;
      }
      if ((baseGfn + pages & mask) != 0) {
        forbidden[forbidden.length - 1]++;
      }
      if (((baseGfn ^ baseHvn) & mask) != 0) {
        for (int i = 0; i < forbidden.length; i++) {
          forbidden[i]++;
        }
      }
      counts[level - PageLevel.LEVEL_2M] = forbidden;
    }
  }

  /** The largest level, at most {@code limit}, at which {@code gfn} may be mapped. */
  public int largestAllowed(long gfn, int limit) {
    for (int level = limit; level > PageLevel.LEVEL_4K; level--) {
      if (counts[level - PageLevel.LEVEL_2M][index(gfn, level)] == 0) {
        return level;
      }
    }
    return PageLevel.LEVEL_4K;
  }

  /** Forbids ({@code +1}) or again allows ({@code -1}) large pages around a gfn. */
  public void change(long gfn, int delta) {
    for (int level = PageLevel.LEVEL_2M; level <= PageLevel.LEVEL_1G; level++) {
      int at = index(gfn, level);
      int[] forbidden = counts[level - PageLevel.LEVEL_2M];
      forbidden[at] += delta;
      if (forbidden[at] < 0) {
        throw new IllegalStateException(
            "large pages allowed more often than forbidden at gfn " + Long.toHexString(gfn));
      }
    }
  }

  /** The bytes that this keeps. */
  public long bytes() {
    return 4L * (counts[0].length + counts[1].length);
  }

  private int index(long gfn, int level) {
    return (int) ((gfn >>> shift(level)) - (baseGfn >>> shift(level)));
  }

  private static int shift(int level) {
    return (level - 1) * 9;
  }
}
