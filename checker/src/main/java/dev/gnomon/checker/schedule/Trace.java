package dev.gnomon.checker.schedule;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The steps of one execution while several bodies run, and the happens-before order among them by
 * vector clocks: of two that follow each other in a body, or that conflict, the first happens
 * before the second. What could have come in another order is for {@link Races} to say.
 */
final class Trace {
  private static final int NONE = Location.NONE;

  private final int movers;
  private final int cpus;

  private int count;
  private boolean isNew;
  private boolean isCompared;
  private int[] mover = new int[256];
  private int[] sequence = new int[256];
  private int[] node = new int[256];
  private int[] turn = new int[256];
  private int[] previousWrite = new int[256];
  private int[] previousOfMover = new int[256];
  private long[] before = new long[256];
  private boolean[] writes = new boolean[256];
  private Operation[] operations = new Operation[256];
  private Location[] locations = new Location[256];
  private int[] locationIds = new int[256];
  private int[] clocks;

  /** By mover: what it knows of, its last event, and how many it has. */
  private final int[][] known;

  private final int[] last;
  private final int[] taken;

  Trace(int movers, int cpus) {
    this.movers = movers;
    this.cpus = cpus;
    clocks = new int[256 * movers];
    known = new int[movers][movers];
    last = new int[movers];
    taken = new int[movers];
  }

  /**
   * Begins an execution.
   *
   * @param isLikeLast whether it repeats the last one up to where {@link #setNew} says so
   */
  void reset(boolean isLikeLast) {
    count = 0;
    isNew = false;
    isCompared = isLikeLast;
    for (int[] each : known) {
      Arrays.fill(each, 0);
    }
    Arrays.fill(last, NONE);
    Arrays.fill(taken, 0);
  }

  /** Says whether the steps from here on are new: none of them repeats the last execution. */
  void setNew(boolean areNew) {
    isNew = areNew;
  }

  int count() {
    return count;
  }

  int movers() {
    return movers;
  }

  int mover(int event) {
    return mover[event];
  }

  Operation operation(int event) {
    return operations[event];
  }

  /** What was there before it. */
  long before(int event) {
    return before[event];
  }

  int previousWrite(int event) {
    return previousWrite[event];
  }

  /** The node of the tree that it left from. */
  int node(int event) {
    return node[event];
  }

  /** The node from which its CPU was led to it: of a commit, to the store. */
  int turn(int event) {
    return turn[event];
  }

  /** Says of the last event, a commit, from which node its CPU was led to the store. */
  void stored(int nodeIndex) {
    turn[count - 1] = nodeIndex;
  }

  int[] known(int moverId) {
    return known[moverId];
  }

  /** Whether what a mover has done so far comes after an event. */
  boolean isKnown(int event, int moverId) {
    return known[moverId][mover[event]] >= sequence[event];
  }

  /** The first mover's events so far come before all that the second does from now on. */
  void order(int first, int second) {
    join(known[second], known[first]);
  }

  /** All that anyone did comes before what the mover does from now on. */
  void orderAll(int second) {
    for (int i = 0; i < movers; i++) {
      order(i, second);
    }
  }

  // --- recording ---

  /** Compares a step with the one at its place in the execution before, which began alike. */
  private void compare(int moverId, Operation operation, @Nullable Location location) {
    int id = location == null ? NONE : location.id;
    if (mover[count] != moverId || operations[count] != operation || locationIds[count] != id) {
      throw new CheckerException(
          "the program is not deterministic: step "
              + (count + 1)
              + " was "
              + describe(operations[count], locationIds[count], mover[count])
              + ", and is "
              + describe(operation, id, moverId)
              + (location == null ? "" : " (" + location + ")")
              + Places.here());
    }
  }

  private static String describe(Operation operation, int locationId, int moverId) {
    return operation + " of location " + locationId + " by CPU " + moverId;
  }

  /** Records a step; what it comes after must be joined by then. */
  int add(
      int moverId,
      Operation operation,
      @Nullable Location location,
      boolean isWrite,
      long wasThere,
      int nodeIndex) {
    if (count == mover.length) {
      grow();
    }
    if (isCompared && !isNew) {
      compare(moverId, operation, location);
    }
    int event = count++;
    mover[event] = moverId;
    sequence[event] = ++taken[moverId];
    node[event] = nodeIndex;
    turn[event] = nodeIndex;
    operations[event] = operation;
    locations[event] = location;
    locationIds[event] = location == null ? NONE : location.id;
    writes[event] = isWrite;
    before[event] = wasThere;
    previousWrite[event] = location == null ? NONE : location.lastWrite;
    previousOfMover[event] = last[moverId];
    last[moverId] = event;
    int[] clock = known[moverId];
    clock[moverId] = sequence[event];
    System.arraycopy(clock, 0, clocks, event * movers, movers);
    return event;
  }

  private void grow() {
    int size = 2 * mover.length;
    mover = Arrays.copyOf(mover, size);
    sequence = Arrays.copyOf(sequence, size);
    node = Arrays.copyOf(node, size);
    turn = Arrays.copyOf(turn, size);
    previousWrite = Arrays.copyOf(previousWrite, size);
    previousOfMover = Arrays.copyOf(previousOfMover, size);
    before = Arrays.copyOf(before, size);
    writes = Arrays.copyOf(writes, size);
    operations = Arrays.copyOf(operations, size);
    locations = Arrays.copyOf(locations, size);
    locationIds = Arrays.copyOf(locationIds, size);
    clocks = Arrays.copyOf(clocks, size * movers);
  }

  /** The event comes before what the mover does from now on. */
  void joinEvent(int event, int moverId) {
    int[] clock = known[moverId];
    int from = event * movers;
    for (int i = 0; i < movers; i++) {
      clock[i] = Math.max(clock[i], clocks[from + i]);
    }
  }

  static void join(int[] into, int[] from) {
    for (int i = 0; i < into.length; i++) {
      into[i] = Math.max(into[i], from[i]);
    }
  }

  // --- locks ---

  /** Who takes a lock comes after those who gave it back: all, or those who had it alone. */
  void joinReleases(Location lock, int moverId, boolean isExclusive) {
    if (lock.exclusiveRelease != null) {
      join(known[moverId], lock.exclusiveRelease);
    }
    if (isExclusive && lock.sharedRelease != null) {
      join(known[moverId], lock.sharedRelease);
    }
  }

  /** What the mover has done comes before what those do who take the lock from now on. */
  void release(Location lock, int event, int moverId, boolean isExclusive) {
    lock.lastRelease = event;
    if (isExclusive) {
      lock.exclusiveRelease = joined(lock.exclusiveRelease, known[moverId]);
    } else {
      lock.sharedRelease = joined(lock.sharedRelease, known[moverId]);
    }
  }

  private int[] joined(int @Nullable [] into, int[] from) {
    if (into == null) {
      return Arrays.copyOf(from, movers);
    }
    join(into, from);
    return into;
  }

  /** Whether an event happens before a later one, or is it. */
  boolean happensBefore(int first, int second) {
    return clocks[second * movers + mover[first]] >= sequence[first];
  }

  /** The last event of a mover, or {@link Location#NONE}. */
  int last(int moverId) {
    return last[moverId];
  }

  /** The event of the same mover before an event, or {@link Location#NONE}. */
  int previousOfMover(int event) {
    return previousOfMover[event];
  }

  /** Of which word it is, or null. */
  @Nullable Location location(int event) {
    return locations[event];
  }

  boolean isWrite(int event) {
    return writes[event];
  }

  /** The number of an event among those of its mover, from 1. */
  int sequence(int event) {
    return sequence[event];
  }

  /** How many events of a mover come before an event, or are it. */
  int known(int event, int moverId) {
    return clocks[event * movers + moverId];
  }

  /** Whether an event is neither the mover's own nor that of the same CPU's buffer. */
  boolean isForeign(int event, int moverId) {
    return mover[event] % cpus != moverId % cpus;
  }
}
