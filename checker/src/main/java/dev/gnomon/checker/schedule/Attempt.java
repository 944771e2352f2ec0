package dev.gnomon.checker.schedule;

import java.util.Arrays;

/** What a body has read since it began to try something: who tries again waits for a change of it. */
final class Attempt {
  private Location[] locations = new Location[32];

  /** The last write of each when it was read. */
  private int[] writes = new int[32];

  private int count;

  void begin() {
    count = 0;
  }

  void read(Location location) {
    for (int i = 0; i < count; i++) {
      if (locations[i] == location) {
        return;
      }
    }
    if (count == locations.length) {
      locations = Arrays.copyOf(locations, 2 * count);
      writes = Arrays.copyOf(writes, 2 * count);
    }
    locations[count] = location;
    writes[count++] = location.lastWrite;
  }

  int count() {
    return count;
  }

  Location location(int i) {
    return locations[i];
  }

  /** Whether another mover has written it since. */
  boolean isChanged(int i, Trace trace, int mover) {
    int last = locations[i].lastWrite;
    return last != writes[i] && trace.mover(last) != mover;
  }

  /** The last write of it that the attempt has seen. */
  int writeSeen(int i) {
    return writes[i];
  }

  boolean isAnyChanged(Trace trace, int mover) {
    for (int i = 0; i < count; i++) {
      if (isChanged(i, trace, mover)) {
        return true;
      }
    }
    return false;
  }
}
