package dev.gnomon.checker.schedule;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What bodies do to words, frames and locks, and what nature chooses: each is a step, which waits
 * on the {@link Stage} for its turn, happens, and is recorded with what it conflicts with. Under
 * TSO a store goes into the buffer of its CPU, and from there to memory by a step of the buffer's.
 *
 * <p>Only while several bodies run, but for {@link #choose}.
 */
final class Accesses {
  private final Stage stage;
  private final Mover[] movers;
  private final int cpus;
  private final boolean isBuffered;
  private final StoreBuffer[] buffers;
  private final Races races;
  private final Trace trace;
  private final Synchronizer synchronizer;
  private final Onlooker onlooker;
  private final LockSteps locks;

  Accesses(
      Stage stage,
      Mover[] movers,
      int cpus,
      boolean isBuffered,
      Races races,
      Synchronizer synchronizer) {
    this.stage = stage;
    this.movers = movers;
    this.cpus = cpus;
    this.isBuffered = isBuffered;
    this.races = races;
    trace = races.trace();
    this.synchronizer = synchronizer;
    onlooker = stage.onlooker();
    locks = new LockSteps(stage, races, synchronizer);
    buffers = new StoreBuffer[cpus];
    for (int i = 0; i < cpus; i++) {
      buffers[i] = new StoreBuffer();
    }
  }

  /** Begins an execution. */
  void reset() {
    for (StoreBuffer buffer : buffers) {
      buffer.clear();
    }
  }

  /** Whether a mover could take its next step now. */
  boolean isEnabled(Mover mover) {
    return switch (mover.pending) {
      case AWAIT -> value(mover.cpu, mover.location) != mover.seen;
      case RETRY -> races.isAnyChanged(mover.attempt, mover.id);
      case STORE -> !buffers[mover.cpu].isFull();
      case LOCK_SHARED, LOCK_EXCLUSIVE ->
          mover.lock.canTake(mover.pending) && buffers[mover.cpu].isEmpty();
      default -> !mover.pending.drains() || buffers[mover.cpu].isEmpty();
    };
  }

  /** What bodies stored before they were stopped is seen by the caller. */
  void settle() {
    for (StoreBuffer buffer : buffers) {
      while (!buffer.isEmpty()) {
        Location x = buffer.first();
        if (buffer.firstLock() == null) {
          x.words.put(x.index, buffer.apply(x.words.value(x.index)));
        }
        buffer.removeFirst();
      }
    }
  }

  /** A choice of nature. What prepares gets what simple hardware does. */
  int choose(int n) {
    if (!stage.wasConcurrent() || n == 1) {
      return 0;
    }
    stage.countStep();
    int chosen = stage.director().choose(n);
    if (stage.current() != null && stage.isConcurrent()) {
      races.gather(stage.director().isNew());
      trace.add(stage.current().id, Operation.CHOOSE, null, false, 0, stage.director().position());
    }
    if (stage.current() != null) {
      onlooker.chose(stage.current(), n, chosen);
    }
    return chosen;
  }

  /** The value of a word as a CPU sees it. */
  private long value(int cpu, Location x) {
    long value = x.words.value(x.index);
    return isBuffered ? buffers[cpu].forward(x, value) : value;
  }

  private void checkAllocated(Location x) {
    Frame frame = x.frame;
    if (frame != null && !frame.isAllocated()) {
      onlooker.refused(x);
      stage.violate(frame.useAfterFree(x));
    }
  }

  /** Loads a word. */
  long load(Location x) {
    stage.await(Operation.LOAD, x);
    checkAllocated(x);
    long value = value(stage.current().cpu, x);
    loaded(stage.current(), Operation.LOAD, x, value);
    synchronizer.loaded(x);
    return value;
  }

  /** Loads a word of memory past the CPU's buffer, as a page walk does. */
  long walk(Location x) {
    stage.await(Operation.LOAD, x);
    checkAllocated(x);
    long value = x.words.value(x.index);
    loaded(stage.current(), Operation.LOAD, x, value);
    synchronizer.loaded(x);
    return value;
  }

  private void loaded(Mover me, Operation operation, Location x, long value) {
    races.beginCandidates();
    races.candidate(x.lastWrite, me.id);
    if (x.frame != null) {
      races.candidate(x.frame.whole().lastWrite, me.id);
    }
    races.endCandidates(me.id, true);
    me.attempt.read(x);
    x.lastReads[me.id] = trace.add(me.id, operation, x, false, value, stage.director().position());
    after(me, operation, x, false, value, value);
  }

  /** Stores into the bits of a word that a mask says. */
  void store(Location x, long value, long mask) {
    Mover me = stage.current();
    if (isBuffered) {
      checkAllocated(x);
      if (buffers[me.cpu].isFull()) {
        stage.await(Operation.STORE, x);
      }
      long seen = value(me.cpu, x);
      buffers[me.cpu].add(x, value, mask, origin(me));
      beLive(me.cpu);
      onlooker.stepped(me, Operation.STORE, x, true, seen, seen & ~mask | value & mask);
      return;
    }
    stage.await(Operation.STORE, x);
    checkAllocated(x);
    long before = x.words.value(x.index);
    stored(me, Operation.STORE, x, before, before & ~mask | value & mask);
    synchronizer.stored(x);
  }

  /** Of a store that changes nothing, the order with a load makes no difference: it is a load. */
  private void stored(Mover me, Operation operation, Location x, long before, long after) {
    if (before == after) {
      loaded(me, operation, x, after);
      return;
    }
    x.words.put(x.index, after);
    races.beginCandidates();
    accesses(x, me.id);
    if (x.frame != null) {
      accesses(x.frame.whole(), me.id);
    }
    races.endCandidates(me.id, true);
    races.couldHaveLetRetry(x, me.id);
    int event = trace.add(me.id, operation, x, true, before, stage.director().position());
    x.lastWrite = event;
    Arrays.fill(x.lastReads, Location.NONE);
    after(me, operation, x, true, before, after);
  }

  private void accesses(Location x, int moverId) {
    races.candidate(x.lastWrite, moverId);
    for (int read : x.lastReads) {
      races.candidate(read, moverId);
    }
  }

  private StoreBuffer.Origin origin(Mover me) {
    return new StoreBuffer.Origin(
        trace.known(me.id).clone(), stage.director().position(), synchronizer.buffered());
  }

  private void beLive(int cpu) {
    Mover buffer = movers[cpus + cpu];
    StoreBuffer stores = buffers[cpu];
    buffer.isLive = !stores.isEmpty();
    if (buffer.isLive) {
      buffer.pending = Operation.COMMIT;
      buffer.location = stores.first();
    }
  }

  /** The oldest store of a buffer reaches memory. */
  void commit(int moverId) {
    Mover buffer = movers[moverId];
    StoreBuffer stores = buffers[buffer.cpu];
    Location x = stores.first();
    stage.countStep();
    races.gather(stage.director().isNew());
    StoreBuffer.Origin origin = stores.firstOrigin();
    Trace.join(trace.known(moverId), origin.known());
    AbstractLock lock = stores.firstLock();
    if (lock == null) {
      checkAllocatedForCommit(buffer, x);
      long before = x.words.value(x.index);
      stored(buffer, Operation.COMMIT, x, before, stores.apply(before));
      synchronizer.committed(x, origin.released());
    } else {
      Operation release = stores.firstRelease();
      locks.released(buffer, release, lock, x);
      synchronizer.committedRelease(x, release.writes(), origin.released());
    }
    trace.stored(origin.node());
    stores.removeFirst();
    beLive(buffer.cpu);
  }

  private void checkAllocatedForCommit(Mover buffer, Location x) {
    Frame frame = x.frame;
    if (frame != null && !frame.isAllocated() && stage.violation() == null) {
      onlooker.refused(x);
      stage.violatedBy(buffer, frame.useAfterFree(x));
    }
  }

  /** Takes a frame that was given back; whoever still uses it does so before or after. */
  void takeAgain(Frame frame) {
    Location whole = frame.whole();
    stage.await(Operation.TAKE_AGAIN, whole);
    Mover me = stage.current();
    races.beginCandidates();
    accesses(whole, me.id);
    for (int i = 0; i < frame.touched(); i++) {
      accesses(frame.touched(i), me.id);
    }
    races.endCandidates(me.id, true);
    whole.lastWrite =
        trace.add(me.id, Operation.TAKE_AGAIN, whole, true, 0, stage.director().position());
    Arrays.fill(whole.lastReads, Location.NONE);
    after(me, Operation.TAKE_AGAIN, whole, true, 0, 0);
  }

  /** Changes a word in one step. */
  interface Change {
    /** What the word is to hold, or what it holds if nothing is to be stored. */
    long apply(long value, long operand, long expected);
  }

  /**
   * Reads and changes the bits of a word that a mask says.
   *
   * @param shift where those bits begin
   * @return what they held
   */
  long readModifyWrite(
      Location x, Change change, long operand, long expected, long mask, int shift) {
    stage.await(Operation.READ_MODIFY_WRITE, x);
    checkAllocated(x);
    long before = x.words.value(x.index);
    long held = (before & mask) >>> shift;
    long changed = change.apply(held, operand, expected);
    if (change == ExploredMemory.EXCHANGE_IF && held != expected) {
      loaded(stage.current(), Operation.READ_MODIFY_WRITE, x, before);
    } else {
      stage.current().attempt.read(x);
      stored(
          stage.current(),
          Operation.READ_MODIFY_WRITE,
          x,
          before,
          before & ~mask | changed << shift & mask);
    }
    synchronizer.changed(x);
    return held;
  }

  /** Waits until the CPU's stores are all in memory. */
  void fence() {
    if (isBuffered) {
      stage.await(Operation.FENCE, null);
      Mover me = stage.current();
      trace.add(me.id, Operation.FENCE, null, false, 0, stage.director().position());
      after(me, Operation.FENCE, null, false, 0, 0);
    }
  }

  /** Waits until a word holds something else. */
  void awaitChange(Location x, long seen) {
    Mover me = stage.current();
    me.seen = seen;
    stage.await(Operation.AWAIT, x);
    checkAllocated(x);
    races.awaited(x, seen, me.id);
    x.lastReads[me.id] =
        trace.add(me.id, Operation.AWAIT, x, false, seen, stage.director().position());
    synchronizer.loaded(x);
    after(me, Operation.AWAIT, x, false, seen, x.words.value(x.index));
  }

  /** Waits until another has written something that the attempt has read. */
  void retry() {
    Mover me = stage.current();
    stage.await(Operation.RETRY, null);
    races.retried(me.attempt, me.id);
    trace.add(me.id, Operation.RETRY, null, false, 0, stage.director().position());
    me.attempt.begin();
    after(me, Operation.RETRY, null, false, 0, 0);
  }

  /** The body begins to try something. */
  void attempt() {
    stage.current().attempt.begin();
  }

  /** Takes an abstract lock. */
  void acquire(AbstractLock lock, Location x, Operation operation) {
    locks.acquire(lock, x, operation);
  }

  /** Gives an abstract lock back. */
  void release(AbstractLock lock, Location x, Operation operation) {
    Mover me = stage.current();
    if (isBuffered) {
      buffers[me.cpu].add(lock, operation, x, origin(me));
      beLive(me.cpu);
    } else {
      stage.await(operation, x);
      locks.released(me, operation, lock, x);
      synchronizer.gaveBack(x, operation.writes());
    }
  }

  /** Works on a frame as a whole; the caller then reads or writes it. */
  void onFrame(Frame frame, Operation operation) {
    Location whole = frame.whole();
    stage.await(operation, whole);
    checkAllocated(whole);
    Mover me = stage.current();
    races.beginCandidates();
    if (operation.writes()) {
      accesses(whole, me.id);
      for (int i = 0; i < frame.touched(); i++) {
        accesses(frame.touched(i), me.id);
      }
    } else {
      races.candidate(whole.lastWrite, me.id);
      for (int i = 0; i < frame.touched(); i++) {
        races.candidate(frame.touched(i).lastWrite, me.id);
      }
    }
    races.endCandidates(me.id, true);
    if (operation.writes()) {
      races.couldHaveLetRetry(whole, me.id);
    } else {
      me.attempt.read(whole);
      for (int i = 0; i < frame.touched(); i++) {
        me.attempt.read(frame.touched(i));
      }
    }
    int event =
        trace.add(me.id, operation, whole, operation.writes(), 0, stage.director().position());
    if (operation.writes()) {
      whole.lastWrite = event;
      Arrays.fill(whole.lastReads, Location.NONE);
    } else {
      whole.lastReads[me.id] = event;
    }
    after(me, operation, whole, operation.writes(), 0, 0);
  }

  private void after(
      Mover me,
      Operation operation,
      @Nullable Location x,
      boolean writes,
      long before,
      long after) {
    stage.director().happened(me.id, operation, x, writes);
    onlooker.stepped(me, operation, x, writes, before, after);
  }
}
