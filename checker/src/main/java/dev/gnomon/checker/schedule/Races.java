package dev.gnomon.checker.schedule;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What could have come in another order in one execution. Two conflicting events of different
 * movers with nothing between them in the order that the {@link Trace} knows, of which the second
 * could also have come first, are a <em>race</em>: exploring is reversing races. They are gathered
 * for the events that are new.
 */
final class Races {
  private static final int NONE = Location.NONE;

  private final Trace trace;
  private boolean isGathering;
  private int violating;

  /** Pairs of an event and a mover that could have waited for it. */
  private int[] waits = new int[64];

  private int waitCount;

  /** Pairs of events. */
  private int[] races = new int[64];

  private int raceCount;

  /** Of one event: the earlier ones that it conflicts with directly. */
  private int[] candidates = new int[64];

  private int candidateCount;

  /** A mover was let try again by a write, the first to what its attempt had read. */
  private record Retry(int event, int firstWrite, Attempt attempt) {}

  private final List<Retry> retries = new ArrayList<>();

  Races(Trace trace) {
    this.trace = trace;
  }

  /** Begins an execution. */
  void reset() {
    raceCount = 0;
    waitCount = 0;
    violating = NONE;
    retries.clear();
    isGathering = false;
  }

  /** Says whether the steps from here on are new: their races are gathered. */
  void gather(boolean isNew) {
    isGathering = isNew;
    trace.setNew(isNew);
  }

  // --- what the next event conflicts with ---

  /** Begins to gather what the next event conflicts with. */
  void beginCandidates() {
    candidateCount = 0;
  }

  /**
   * Names an event without which the mover could not take its next step: it could have come before
   * it to where it would have waited.
   */
  void couldHaveWaitedFor(int event, int moverId) {
    if (isGathering
        && event != NONE
        && trace.isForeign(event, moverId)
        && !trace.isKnown(event, moverId)) {
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
    if (event != NONE && trace.mover(event) != moverId && !trace.isKnown(event, moverId)) {
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
          addRace(candidates[i], trace.count());
        }
      }
    }
    if (joins) {
      for (int i = 0; i < candidateCount; i++) {
        trace.joinEvent(candidates[i], moverId);
      }
    }
  }

  private boolean isImmediate(int which) {
    int event = candidates[which];
    for (int i = 0; i < candidateCount; i++) {
      if (i != which && trace.happensBefore(event, candidates[i])) {
        return false;
      }
    }
    return true;
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
      while (write != NONE && trace.mover(write) != moverId && !trace.isKnown(write, moverId)) {
        if (trace.before(write) != seen) {
          addRace(write, trace.count());
          break;
        }
        couldHaveWaitedFor(write, moverId);
        write = trace.previousWrite(write);
      }
    }
    if (x.lastWrite != NONE) {
      trace.joinEvent(x.lastWrite, moverId);
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
    retries.add(new Retry(trace.count(), first, attempt.copy()));
    couldHaveWaitedFor(first, moverId);
    if (isGathering && !trace.isKnown(first, moverId)) {
      for (int i = 0; i < attempt.count(); i++) {
        int write = firstForeignWrite(attempt, i, moverId);
        if (write != NONE && write != first && !trace.happensBefore(first, write)) {
          addRace(first, trace.count());
          break;
        }
      }
    }
    trace.joinEvent(first, moverId);
  }

  /**
   * The next event writes a location. Whoever had read it and was let try again by another write
   * could have been let by this one, before the other.
   */
  void couldHaveLetRetry(Location x, int moverId) {
    if (isGathering) {
      for (Retry retry : retries) {
        if (trace.isForeign(retry.event, moverId)
            && !trace.isKnown(retry.event, moverId)
            && !trace.isKnown(retry.firstWrite, moverId)
            && retry.attempt.hasRead(x)) {
          addRace(retry.firstWrite, trace.count());
        }
      }
    }
  }

  private int firstForeignWrite(Attempt attempt, int i, int moverId) {
    int first = NONE;
    int seen = attempt.writeSeen(i);
    for (int write = attempt.location(i).lastWrite;
        write != NONE && write > seen;
        write = trace.previousWrite(write)) {
      if (trace.isForeign(write, moverId)) {
        first = write;
      }
    }
    return first;
  }

  // --- what ends an execution ---

  /**
   * What a mover did last violates something, which ends the execution. Whatever others did that it
   * does not come after could be left out.
   */
  void violated(int moverId, int nodeIndex) {
    if (isGathering) {
      for (int i = 0; i < trace.movers(); i++) {
        if (trace.last(i) != NONE && !trace.isKnown(trace.last(i), moverId)) {
          addRace(trace.last(i), trace.count());
        }
      }
      violating = trace.add(moverId, Operation.BEGIN, null, false, 0, nodeIndex);
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
    trace.add(moverId, Operation.BEGIN, null, false, 0, nodeIndex);
  }

  /**
   * A mover waits for ever for a word to change: it could have gone on while that was different.
   */
  void neverChanges(Location x, long seen, int moverId, int nodeIndex) {
    awaited(x, seen, moverId);
    trace.add(moverId, Operation.BEGIN, null, false, 0, nodeIndex);
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

  // --- what was gathered ---

  /** The events that they are among. */
  Trace trace() {
    return trace;
  }

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
}
