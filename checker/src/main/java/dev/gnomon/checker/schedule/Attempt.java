package dev.gnomon.checker.schedule;

import java.util.Arrays;

/**
 * What a body has read since it began to try something: who tries again waits for a change of it.
 */
final class Attempt {
  private Location[] locations = new Location[32];

  /** The last write of each when it was read. */
  private int[] writes = new int[32];

  private int count;

  void begin() {
    count = 0;
  }

  /** A location is read; of a word of memory, its frame as a whole can be written too. */
  void read(Location location) {
    add(location);
    if (location.frame != null && !location.isWholeFrame) {
      add(location.frame.whole());
    }
  }

  private void add(Location location) {
    if (hasRead(location)) {
      return;
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

  /** The last write of it that the attempt has seen. */
  int writeSeen(int i) {
    return writes[i];
  }

  boolean hasRead(Location location) {
    for (int i = 0; i < count; i++) {
      if (locations[i] == location) {
        return true;
      }
    }
    return false;
  }

  /** The same, to be kept when a new attempt begins. */
  Attempt copy() {
    Attempt copy = new Attempt();
    copy.locations = Arrays.copyOf(locations, Math.max(1, count));
    copy.writes = Arrays.copyOf(writes, Math.max(1, count));
    copy.count = count;
    return copy;
  }
}
