package dev.gnomon.machine.processor;

/**
 * Which places of a cache may hold something, so that to empty it costs what is in it, not what it
 * could hold. Remembers a quarter of the places, at most 64; beyond that all may be filled.
 */
final class FilledPlaces {
  private static final int MOST = 64;

  private final int[] places;
  private int count;

  /** Of a cache of so many places, all empty. */
  FilledPlaces(int size) {
    places = new int[Math.min(MOST, size / 4)];
  }

  /** An empty place is filled. One that was emptied by itself may be here twice then. */
  void add(int place) {
    if (count < places.length) {
      places[count] = place;
    }
    count++;
  }

  /** Whether there are too many to be remembered. */
  boolean isAny() {
    return count > places.length;
  }

  /** How many there are; {@link #isAny} is false. */
  int count() {
    return count;
  }

  /** One of them. */
  int get(int index) {
    return places[index];
  }

  /** None is filled. */
  void clear() {
    count = 0;
  }
}
