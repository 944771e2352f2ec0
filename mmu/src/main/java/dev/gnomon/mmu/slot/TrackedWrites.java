package dev.gnomon.mmu.slot;

import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;

/**
 * How many trackers each page of a slot has that want its writes: 16 bits a page. Changed under the
 * MMU lock for writing; read at any time (a fault looks before it takes the lock, and again under
 * it).
 */
public final class TrackedWrites {
  private static final int COUNTS_PER_WORD = 4;
  private static final int COUNT_BITS = 16;
  private static final long COUNT_MASK = (1L << COUNT_BITS) - 1;

  private final SharedWords words;

  TrackedWrites(Platform platform, long pages) {
    words = platform.newWords(Math.toIntExact((pages + COUNTS_PER_WORD - 1) / COUNTS_PER_WORD));
  }

  /** Whether the page at {@code offset} from the slot's base is tracked. */
  public boolean isTracked(long offset) {
    return count(offset) != 0;
  }

  /** Adds a tracker to, or takes one from, the page at {@code offset}. */
  public void change(long offset, int delta) {
    long count = count(offset) + delta;
    if (count < 0 || count > COUNT_MASK) {
      throw new IllegalStateException("write-tracking count " + count + " at offset " + offset);
    }
    int word = (int) (offset / COUNTS_PER_WORD);
    words.getAndAdd(word, (long) delta << shift(offset));
  }

  private long count(long offset) {
    return words.get((int) (offset / COUNTS_PER_WORD)) >>> shift(offset) & COUNT_MASK;
  }

  private static int shift(long offset) {
    return (int) (offset % COUNTS_PER_WORD) * COUNT_BITS;
  }
}
