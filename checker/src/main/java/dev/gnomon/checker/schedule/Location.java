package dev.gnomon.checker.schedule;

import dev.gnomon.checker.race.SyncClock;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Something that steps are about: a word, a whole frame, or a lock; with what is known of the
 * accesses to it in this phase of the execution. Reused from one execution to the next.
 */
final class Location {
  static final int NONE = -1;

  /** The execution that it belongs to. */
  int generation;

  /** In order of first use, so the same in executions that begin alike. */
  int id;

  /** The frame that it lies in, or is. */
  @Nullable Frame frame;

  boolean isWholeFrame;

  /** The last event that wrote it (for a lock: that took it alone), or {@link #NONE}. */
  int lastWrite;

  /** By mover: its last event that read it (took it shared) since then, or {@link #NONE}. */
  final int[] lastReads;

  /** Of a lock: what was known to those who gave it back; made when first used as a lock. */
  int @Nullable [] exclusiveRelease;

  int @Nullable [] sharedRelease;

  /** Of a lock: the last event that gave it back, or {@link #NONE}. */
  int lastRelease;

  private @Nullable SyncClock released;
  private @Nullable SyncClock releasedShared;

  /** What it is, for reports. */
  Words words;

  int index;

  /** What holds the value of a location. */
  interface Words {
    long value(int index);

    void put(int index, long value);

    String describe(int index);
  }

  Location(int movers) {
    lastReads = new int[movers];
  }

  Location reset(int newId, int newGeneration, Words holder, int newIndex) {
    id = newId;
    generation = newGeneration;
    words = holder;
    index = newIndex;
    frame = null;
    isWholeFrame = false;
    lastWrite = NONE;
    lastRelease = NONE;
    Arrays.fill(lastReads, NONE);
    if (exclusiveRelease != null) {
      Arrays.fill(exclusiveRelease, 0);
    }
    if (sharedRelease != null) {
      Arrays.fill(sharedRelease, 0);
    }
    released = null;
    releasedShared = null;
    return this;
  }

  /** What those who stored to it, or had the lock alone, made known of plain Java state. */
  SyncClock released() {
    SyncClock clock = released;
    if (clock == null) {
      clock = new SyncClock();
      released = clock;
    }
    return clock;
  }

  /** What those who shared the lock made known. */
  SyncClock releasedShared() {
    SyncClock clock = releasedShared;
    if (clock == null) {
      clock = new SyncClock();
      releasedShared = clock;
    }
    return clock;
  }

  /** Whether two operations on these locations may not be exchanged. */
  static boolean conflicts(Location a, boolean aWrites, Location b, boolean bWrites) {
    if (!aWrites && !bWrites) {
      return false;
    }
    return a == b || (a.frame != null && a.frame == b.frame && (a.isWholeFrame || b.isWholeFrame));
  }

  @Override
  public String toString() {
    return words.describe(index);
  }
}
