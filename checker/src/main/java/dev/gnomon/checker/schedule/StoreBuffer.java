package dev.gnomon.checker.schedule;

import dev.gnomon.checker.race.SyncClock;
import java.util.ArrayDeque;
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
      Origin origin) {}

  /**
   * Where a store comes from.
   *
   * @param known what its CPU knew then
   * @param node the decision that led to it
   * @param released what it makes known of plain Java state; null if no one asks
   */
  record Origin(int[] known, int node, @Nullable SyncClock released) {}

  private static final int CAPACITY = 1024;

  private final ArrayDeque<Store> stores = new ArrayDeque<>();

  void clear() {
    stores.clear();
  }

  /** Whether the next store has to wait; far beyond what processors have. */
  boolean isFull() {
    return stores.size() >= CAPACITY;
  }

  boolean isEmpty() {
    return stores.isEmpty();
  }

  void add(Location location, long value, long mask, Origin origin) {
    stores.addLast(new Store(location, value, mask, null, null, origin));
  }

  void add(AbstractLock lock, Operation release, Location location, Origin origin) {
    stores.addLast(new Store(location, 0, 0, lock, release, origin));
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

  Origin firstOrigin() {
    return stores.getFirst().origin;
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
