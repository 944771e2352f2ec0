package dev.gnomon.mmu.slot;

import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;

/**
 * The heads of a slot's reverse maps: for each page of 4 KiB, 2 MiB and 1 GiB a word that says
 * which entries of the shadow MMU map it. What is in a word is the shadow MMU's affair; 0 is none.
 *
 * <p>Changed under the MMU lock for writing.
 */
public final class ReverseMapHeads {
  private final long baseGfn;
  private final SharedWords[] words = new SharedWords[PageLevel.LEVEL_1G];

  ReverseMapHeads(Platform platform, long baseGfn, long pages) {
    this.baseGfn = baseGfn;
    for (int level = PageLevel.LEVEL_4K; level <= PageLevel.LEVEL_1G; level++) {
      words[level - 1] = platform.newWords(index(baseGfn + pages - 1, level) + 1);
    }
  }

  /** The head for the page of {@code level} around a gfn of the slot. */
  public long get(long gfn, int level) {
    return words[level - 1].get(index(gfn, level));
  }

  /** Replaces the head for the page of {@code level} around a gfn of the slot. */
  public void set(long gfn, int level, long head) {
    words[level - 1].set(index(gfn, level), head);
  }

  /** The bytes that this keeps. */
  public long bytes() {
    long bytes = 0;
    for (SharedWords each : words) {
      bytes += 8L * each.length();
    }
    return bytes;
  }

  private int index(long gfn, int level) {
    int shift = (level - 1) * 9;
    return Math.toIntExact((gfn >>> shift) - (baseGfn >>> shift));
  }
}
