package dev.gnomon.checker.schedule;

import java.util.Arrays;

/** Abstract locks, which are taken in one step. */
final class LockSteps {
  private final Stage stage;
  private final Races races;
  private final Trace trace;
  private final Synchronizer synchronizer;

  LockSteps(Stage stage, Races races, Synchronizer synchronizer) {
    this.stage = stage;
    this.races = races;
    trace = races.trace();
    this.synchronizer = synchronizer;
  }

  /** Waits until a lock can be taken, and takes it. */
  void acquire(AbstractLock lock, Location x, Operation operation) {
    Mover me = stage.current();
    me.lock = lock;
    stage.await(operation, x);
    boolean isExclusive = operation.writes();
    races.beginCandidates();
    races.candidate(x.lastWrite, me.id);
    if (isExclusive) {
      for (int read : x.lastReads) {
        races.candidate(read, me.id);
      }
    }
    races.endCandidates(me.id, false);
    races.couldHaveWaitedFor(x.lastRelease, me.id);
    trace.joinReleases(x, me.id, isExclusive);
    int event = trace.add(me.id, operation, x, isExclusive, 0, stage.director().position());
    if (isExclusive) {
      x.lastWrite = event;
      Arrays.fill(x.lastReads, Location.NONE);
    } else {
      x.lastReads[me.id] = event;
    }
    lock.take(operation, me.cpu);
    synchronizer.acquired(x, isExclusive);
    happened(me, operation, x, isExclusive);
  }

  /** A lock is free again, for all to see. */
  void released(Mover me, Operation operation, AbstractLock lock, Location x) {
    int event = trace.add(me.id, operation, x, operation.writes(), 0, stage.director().position());
    trace.release(x, event, me.id, operation.writes());
    lock.give(operation, me.cpu);
    happened(me, operation, x, operation.writes());
  }

  private void happened(Mover me, Operation operation, Location x, boolean writes) {
    stage.director().happened(me.id, operation, x, writes);
    stage.onlooker().stepped(me, operation, x, writes, 0, 0);
  }
}
