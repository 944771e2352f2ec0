package dev.gnomon.mmu.dirty;

import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;

/**
 * A ring of dirtied pages, each a slot and the page's offset in it.
 *
 * <p>Three counters run round it: the producer (the vCPU) pushes at {@code pushed}; the VMM takes
 * entries up to {@code pushed} and counts them in {@code harvested}; after it has had them
 * protected again, room is given back by moving {@code reset}. An entry is stored before the count
 * that publishes it.
 *
 * <p>Above the soft limit the vCPU must go to the VMM: the room above it is for what the processor
 * may still have buffered.
 */
public final class DirtyRing {
  /**
   * Room for a PML buffer and for what one exit may mark besides; half of a ring that is too small
   * for that, as only a guest of a few pages has.
   */
  static final int RESERVED = 576;

  private static final int PUSHED = 0;
  private static final int HARVESTED = SharedWords.STRIDE;
  private static final int RESET = 2 * SharedWords.STRIDE;
  private static final int ENTRIES = 3 * SharedWords.STRIDE;
  private static final int SLOT_SHIFT = 48;
  private static final long OFFSET_MASK = (1L << SLOT_SHIFT) - 1;

  private final int size;
  private final int softLimit;
  private final SharedWords words;

  public DirtyRing(Platform platform, int size) {
    this.size = size;
    softLimit = size > RESERVED ? size - RESERVED : size / 2;
    words = platform.newWords(ENTRIES + size);
  }

  /** Pushes an entry. Called by the one producer. */
  public void push(int slotId, long offset) {
    long pushed = words.get(PUSHED);
    if (pushed - words.get(RESET) >= size) {
      throw new IllegalStateException("a dirty ring of " + size + " entries has overflowed");
    }
    words.set(entry(pushed), (long) slotId << SLOT_SHIFT | offset);
    words.set(PUSHED, pushed + 1);
  }

  /** Whether the vCPU must wait for the VMM to make room. */
  public boolean isSoftFull() {
    return words.get(PUSHED) - words.get(RESET) >= softLimit;
  }

  /** How many entries were pushed since the ring was made. */
  long pushed() {
    return words.get(PUSHED);
  }

  /** How many of them have given their room back. */
  long freed() {
    return words.get(RESET);
  }

  /** How many entries the VMM has not taken yet. */
  public long unharvested() {
    return words.get(PUSHED) - words.get(HARVESTED);
  }

  /** Takes the oldest entry not taken yet, or -1. Called by the VMM only. */
  public long harvest() {
    long harvested = words.get(HARVESTED);
    if (harvested == words.get(PUSHED)) {
      return -1;
    }
    long entry = words.get(entry(harvested));
    words.set(HARVESTED, harvested + 1);
    return entry;
  }

  /** Shows what {@link #harvest} would take, taking nothing; while nothing runs. */
  void look(DirtyLog.Harvester harvester) {
    for (long count = words.get(HARVESTED); count < words.get(PUSHED); count++) {
      long entry = words.get(entry(count));
      harvester.dirty(slotId(entry), offset(entry));
    }
  }

  /** Whether these are its words. */
  boolean consistsOf(SharedWords some) {
    return some == words;
  }

  /** Gives the room of all harvested entries back. Called by the VMM only. */
  public void reset() {
    words.set(RESET, words.get(HARVESTED));
  }

  /** The slot of an entry. */
  public static int slotId(long entry) {
    return (int) (entry >>> SLOT_SHIFT);
  }

  /** The page of an entry, from the beginning of its slot. */
  public static long offset(long entry) {
    return entry & OFFSET_MASK;
  }

  private int entry(long count) {
    return ENTRIES + (int) (count & size - 1);
  }
}
