package dev.gnomon.checker.schedule;

import dev.gnomon.checker.race.SyncClock;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/** The stores of a CPU that are not in memory yet, oldest first; locks given back among them. */
final class StoreBuffer {

  private record Store(
      Location location,
      long value,
      long mask,
      @Nullable AbstractLock lock,
      @Nullable Operation release,
      int[] known,
      @Nullable SyncClock released) {}

  private final ArrayDeque<Store> stores = new ArrayDeque<>();
  private final int movers;

  StoreBuffer(int movers) {
    this.movers = movers;
  }

  void clear() {
    stores.clear();
  }

  boolean isEmpty() {
    return stores.isEmpty();
  }

  void add(
      Location location, long value, long mask, int[] known, @Nullable SyncClock released) {
    stores.addLast(
        new Store(location, value, mask, null, null, Arrays.copyOf(known, movers), released));
  }

  void add(
      AbstractLock lock,
      Operation release,
      Location location,
      int[] known,
      @Nullable SyncClock released) {
    stores.addLast(
        new Store(location, 0, 0, lock, release, Arrays.copyOf(known, movers), released));
  }

  /** What the CPU reads from a word of which memory holds {@code value}. */
  long forward(Location location, long value) {
    long seen = value;
    for (Iterator<Store> each = stores.iterator(); each.hasNext(); ) {
      Store store = each.next();
      if (store.location == location) {
        seen = seen & ~store.mask | store.value & store.mask;
      }
    }
    return seen;
  }

  Location first() {
    return stores.getFirst().location;
  }

  /** What its CPU knew when it made the oldest store. */
  int[] firstKnown() {
    return stores.getFirst().known;
  }

  /** What the oldest store makes known of plain Java state; null if no one asks. */
  @Nullable SyncClock firstReleased() {
    return stores.getFirst().released;
  }

  @Nullable AbstractLock firstLock() {
    return stores.getFirst().lock;
  }

  Operation firstRelease() {
    return stores.getFirst().release;
  }

  /** What a word holds after the oldest store. */
  long apply(long value) {
    Store store = stores.getFirst();
    return value & ~store.mask | store.value & store.mask;
  }

  void removeFirst() {
    stores.removeFirst();
  }
}
