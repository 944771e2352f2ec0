package dev.gnomon.checker.race;

/**
 * What the last release to a shared word or lock made known: a vector clock. A back end owns one
 * for each word or lock that it synchronises by, and makes it when it is first used. It may be kept
 * from one execution to the next: what it held then means nothing any more.
 *
 * <p>Used by one carrier only.
 */
public final class SyncClock {
  private static final long[] NOTHING = {};

  /** By CPU; empty before the first release. */
  private long[] clocks = NOTHING;

  /** Makes a clock that has nothing to tell. */
  public SyncClock() {}

  /**
   * Takes over what another clock tells: for a store buffer, whose entry captures the clock when
   * the store is made and hands it to the word when the store reaches memory.
   */
  public void copy(SyncClock other) {
    set(other.clocks);
  }

  /** Makes it tell what both tell. */
  public void add(SyncClock other) {
    add(other.clocks);
  }

  void set(long[] values) {
    if (clocks.length != values.length) {
      clocks = values.clone();
    } else {
      System.arraycopy(values, 0, clocks, 0, values.length);
    }
  }

  /** Makes it tell what both tell. */
  void add(long[] values) {
    if (clocks.length != values.length) {
      clocks = values.clone();
    } else {
      raise(clocks, values);
    }
  }

  /** Raises each of the clocks to what is told here. */
  void raise(long[] known) {
    if (clocks.length == known.length) {
      raise(known, clocks);
    }
  }

  private static void raise(long[] to, long[] from) {
    for (int i = 0; i < to.length; i++) {
      if (to[i] < from[i]) {
        to[i] = from[i];
      }
    }
  }
}
