package dev.gnomon.checker.schedule;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The steps of one execution while several bodies run, and the happens-before order among them by
 * vector clocks: of two that follow each other in a body, or that conflict, the first happens
 * before the second.
 *
 * <p>Two conflicting events of different movers with nothing between them in that order, of which
 * the second could also have come first, are a <em>race</em>: exploring is reversing races. They
 * are gathered for the events that are new.
 */
final class Trace {
  private static final int NONE = Location.NONE;

  private final int movers;
  private final int cpus;

  private int count;
  private boolean isGathering;
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

  private int violating;

  /** Pairs of an event and a mover that could have waited for it. */
  private int[] waits = new int[64];

  private int waitCount;

  private int[] races = new int[64];
  private int raceCount;

  /** Of one event: the earlier ones that it conflicts with directly. */
  private int[] candidates;

  private int candidateCount;

  /** A mover was let try again by a write, the first to what its attempt had read. */
  private record Retry(int event, int firstWrite, Attempt attempt) {}

  private final List<Retry> retries = new ArrayList<>();

  Trace(int movers, int cpus) {
    this.movers = movers;
    this.cpus = cpus;
    clocks = new int[256 * movers];
    known = new int[movers][movers];
    last = new int[movers];
    taken = new int[movers];
    candidates = new int[64];
  }

  /**
   * Begins an execution.
   *
   * @param isLikeLast whether it repeats the last one up to where {@link #gather} begins
   */
  void reset(boolean isLikeLast) {
    count = 0;
    raceCount = 0;
    waitCount = 0;
    violating = NONE;
    retries.clear();
    isGathering = false;
    isCompared = isLikeLast;
    for (int[] each : known) {
      Arrays.fill(each, 0);
    }
    Arrays.fill(last, NONE);
    Arrays.fill(taken, 0);
  }

  /** Says whether the steps from here on are new: their races are gathered. */
  void gather(boolean isNew) {
    isGathering = isNew;
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
    if (isCompared && !isGathering) {
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

  /** Begins to gather what the next event conflicts with. */
  void beginCandidates() {
    candidateCount = 0;
  }

  /**
   * Names an event without which the mover could not take its next step: it could have come before
   * it to where it would have waited.
   */
  void couldHaveWaitedFor(int event, int moverId) {
    if (isGathering && event != NONE && isForeign(event, moverId) && !isKnown(event, moverId)) {
      if (2 * waitCount == waits.length) {
        waits = Arrays.copyOf(waits, 2 * waits.length);
      }
      waits[2 * waitCount] = event;
      waits[2 * waitCount + 1] = moverId;
      waitCount++;
    }
  }

  /** Names an event that conflicts with the next one, if it is another mover's. */
  void candidate(int event, int moverId) {
    if (event != NONE && mover[event] != moverId && !isKnown(event, moverId)) {
      if (candidateCount == candidates.length) {
        candidates = Arrays.copyOf(candidates, 2 * candidateCount);
      }
      candidates[candidateCount++] = event;
    }
  }

  /**
   * Ends it: those between which and the next event nothing lies are races; all of them come before
   * it.
   */
  void endCandidates(int moverId, boolean joins) {
    if (isGathering) {
      for (int i = 0; i < candidateCount; i++) {
        if (isImmediate(i)) {
          addRace(candidates[i], count);
        }
      }
    }
    if (joins) {
      for (int i = 0; i < candidateCount; i++) {
        joinEvent(candidates[i], moverId);
      }
    }
  }

  private boolean isImmediate(int which) {
    int event = candidates[which];
    for (int i = 0; i < candidateCount; i++) {
      if (i != which && happensBefore(event, candidates[i])) {
        return false;
      }
    }
    return true;
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

  // --- waits ---

  /**
   * A wait for a word to change from {@code seen} is over: it comes after the last write. It could
   * have been over before the last write at which the word held something else too. A write of its
   * whole frame is taken for such a one.
   */
  void awaited(Location x, long seen, int moverId) {
    beginCandidates();
    if (x.frame != null) {
      candidate(x.frame.whole().lastWrite, moverId);
    }
    if (isGathering) {
      int write = x.lastWrite;
      while (write != NONE && mover[write] != moverId && !isKnown(write, moverId)) {
        if (before[write] != seen) {
          addRace(write, count);
          break;
        }
        couldHaveWaitedFor(write, moverId);
        write = previousWrite[write];
      }
    }
    if (x.lastWrite != NONE) {
      joinEvent(x.lastWrite, moverId);
    }
    endCandidates(moverId, true);
  }

  /** Whether another CPU has written what an attempt has read, since it was read. */
  boolean isAnyChanged(Attempt attempt, int moverId) {
    for (int i = 0; i < attempt.count(); i++) {
      if (firstForeignWrite(attempt, i, moverId) != NONE) {
        return true;
      }
    }
    return false;
  }

  /**
   * A mover tries again, as another CPU has written what it had read: it comes after the first such
   * write, and could come before it only if there is one that does not come after the first.
   */
  void retried(Attempt attempt, int moverId) {
    int first = NONE;
    for (int i = 0; i < attempt.count(); i++) {
      int write = firstForeignWrite(attempt, i, moverId);
      if (write != NONE && (first == NONE || write < first)) {
        first = write;
      }
    }
    if (first == NONE) {
      return;
    }
    retries.add(new Retry(count, first, attempt.copy()));
    couldHaveWaitedFor(first, moverId);
    if (isGathering && !isKnown(first, moverId)) {
      for (int i = 0; i < attempt.count(); i++) {
        int write = firstForeignWrite(attempt, i, moverId);
        if (write != NONE && write != first && !happensBefore(first, write)) {
          addRace(first, count);
          break;
        }
      }
    }
    joinEvent(first, moverId);
  }

  /**
   * The next event writes a location. Whoever had read it and was let try again by another write
   * could have been let by this one, before the other.
   */
  void couldHaveLetRetry(Location x, int moverId) {
    if (isGathering) {
      for (Retry retry : retries) {
        if (isForeign(retry.event, moverId)
            && !isKnown(retry.event, moverId)
            && !isKnown(retry.firstWrite, moverId)
            && retry.attempt.hasRead(x)) {
          addRace(retry.firstWrite, count);
        }
      }
    }
  }

  private int firstForeignWrite(Attempt attempt, int i, int moverId) {
    int first = NONE;
    int seen = attempt.writeSeen(i);
    for (int write = attempt.location(i).lastWrite;
        write != NONE && write > seen;
        write = previousWrite[write]) {
      if (isForeign(write, moverId)) {
        first = write;
      }
    }
    return first;
  }

  /** Whether an event is neither the mover's own nor that of the same CPU's buffer. */
  private boolean isForeign(int event, int moverId) {
    return mover[event] % cpus != moverId % cpus;
  }

  // --- locks ---

  /** Who takes a lock comes after those who gave it back: all, or those who had it alone. */
  void joinReleases(Location lock, int moverId, boolean isExclusive) {
    couldHaveWaitedFor(lock.lastRelease, moverId);
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

  /**
   * What a mover did last violates something, which ends the execution. Whatever others did that it
   * does not come after could be left out.
   */
  void violated(int moverId, int nodeIndex) {
    if (isGathering) {
      for (int i = 0; i < movers; i++) {
        if (last[i] != NONE && !isKnown(last[i], moverId)) {
          addRace(last[i], count);
        }
      }
      violating = add(moverId, Operation.BEGIN, null, false, 0, nodeIndex);
    }
  }

  /** A mover waits for ever to take a lock: it could have had it before those who have it now. */
  void neverTakes(Location lock, boolean isExclusive, int moverId, int nodeIndex) {
    beginCandidates();
    candidate(lock.lastWrite, moverId);
    if (isExclusive) {
      for (int read : lock.lastReads) {
        candidate(read, moverId);
      }
    }
    endCandidates(moverId, false);
    add(moverId, Operation.BEGIN, null, false, 0, nodeIndex);
  }

  /**
   * A mover waits for ever for a word to change: it could have gone on while that was different.
   */
  void neverChanges(Location x, long seen, int moverId, int nodeIndex) {
    awaited(x, seen, moverId);
    add(moverId, Operation.BEGIN, null, false, 0, nodeIndex);
  }

  /** The event that stands for a violation, if one ended the execution; or -1. */
  int violating() {
    return violating;
  }

  private void addRace(int first, int second) {
    if (2 * raceCount == races.length) {
      races = Arrays.copyOf(races, 2 * races.length);
    }
    races[2 * raceCount] = first;
    races[2 * raceCount + 1] = second;
    raceCount++;
  }

  // --- what follows from it ---

  int raceCount() {
    return raceCount;
  }

  int raceFirst(int race) {
    return races[2 * race];
  }

  int raceSecond(int race) {
    return races[2 * race + 1];
  }

  int waitCount() {
    return waitCount;
  }

  int waitEvent(int wait) {
    return waits[2 * wait];
  }

  int waiter(int wait) {
    return waits[2 * wait + 1];
  }

  /** Whether an event happens before a later one, or is it. */
  boolean happensBefore(int first, int second) {
    return clocks[second * movers + mover[first]] >= sequence[first];
  }

  /**
   * The movers with which to begin, instead of event {@code first}, in order to come to where
   * {@code second} happens before it: those whose next step after {@code first} neither depends on
   * it nor on any other step before {@code second} (Abdulla, Aronis, Jonsson, Sagonas: Source sets,
   * JACM 2017, initials of notdep(first).second).
   */
  int initials(int first, int second) {
    int initials = 0;
    int met = 0;
    int[] firstSequence = new int[movers];
    Arrays.fill(firstSequence, Integer.MAX_VALUE);
    int last = second;
    for (int k = first + 1; k < last; k++) {
      int by = mover[k];
      if (!happensBefore(first, k) && (met & 1 << by) == 0) {
        met |= 1 << by;
        if (dependsOnNoneFrom(k, firstSequence)) {
          initials |= 1 << by;
        }
      }
      if (firstSequence[by] == Integer.MAX_VALUE) {
        firstSequence[by] = sequence[k];
      }
    }
    int by = mover[second];
    if ((met & 1 << by) == 0 && isInitialWithout(first, second, firstSequence)) {
      initials |= 1 << by;
    }
    return initials;
  }

  private boolean dependsOnNoneFrom(int event, int[] firstSequence) {
    for (int i = 0; i < movers; i++) {
      if (i != mover[event] && clocks[event * movers + i] >= firstSequence[i]) {
        return false;
      }
    }
    return true;
  }

  /** Whether the second event needs nothing that came after the first, but for the first itself. */
  private boolean isInitialWithout(int first, int second, int[] firstSequence) {
    int previous = previousOfMover[second];
    if (previous > first) {
      return false;
    }
    if (previous != NONE && !dependsOnNoneFrom(previous, firstSequence)) {
      return false;
    }
    Location location = locations[second];
    if (location != null) {
      for (int k = first + 1; k < second; k++) {
        Location other = locations[k];
        if (other != null
            && !happensBefore(first, k)
            && Location.conflicts(other, writes[k], location, writes[second])) {
          return false;
        }
      }
    }
    return true;
  }
}
