package dev.gnomon.checker.schedule;

import java.util.Arrays;

/** The locations of an execution, kept for the next. */
final class Locations {
  private final int movers;
  private Location[] pool = new Location[256];
  private int used;
  private int generation;

  Locations(int movers) {
    this.movers = movers;
  }

  /** Forgets all of them. */
  void reset() {
    used = 0;
    generation++;
  }

  /** The number of the execution. */
  int generation() {
    return generation;
  }

  /** The location of a word, found in its place in an array or put there. */
  Location of(Location[] places, Location.Words words, int index) {
    Location known = places[index];
    if (known != null
        && known.generation == generation
        && known.words == words
        && known.index == index) {
      return known;
    }
    Location fresh = next(words, index);
    places[index] = fresh;
    return fresh;
  }

  private Location next(Location.Words words, int index) {
    if (used == pool.length) {
      pool = Arrays.copyOf(pool, 2 * used);
    }
    Location location = pool[used];
    if (location == null) {
      location = new Location(movers);
      pool[used] = location;
    }
    return location.reset(used++, generation, words, index);
  }
}
