package dev.gnomon.checker.schedule;

import dev.gnomon.checker.property.Property;
import dev.gnomon.checker.property.Violation;
import dev.gnomon.checker.race.RefusedException;
import dev.gnomon.machine.thread.CpuFailureException;
import dev.gnomon.machine.thread.StoppedException;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Where bodies run under a director: each operation of theirs on the port comes here first, and
 * waits until it is its turn.
 *
 * <p>An execution goes in phases, from one join to the next. In a phase with one body nothing is
 * decided and nothing recorded. What is done outside bodies just happens.
 */
final class Stage {
  private static final int NOBODY = -1;

  private final int cpus;
  private final boolean isBuffered;
  private final Mover[] movers;
  private final StoreBuffer[] buffers;
  private final Trace trace;
  private final Locations locations;
  private final Synchronizer synchronizer;

  private Director director;
  private @Nullable StepListener listener;
  private long maxSteps = Long.MAX_VALUE;

  /** A body that goes on now, or null outside bodies. */
  private @Nullable Mover current;

  private int lastCpu;
  private int next;
  private boolean isConcurrent;
  private boolean wasConcurrent;
  private boolean isStopped;
  private @Nullable Throwable stopCause;
  private boolean isRedundant;
  private long steps;
  private @Nullable Violation violation;
  private @Nullable RuntimeException failure;

  Stage(int cpus, MemoryModel model, boolean findsRaces, Director director) {
    this.cpus = cpus;
    this.director = director;
    isBuffered = model == MemoryModel.TSO;
    movers = new Mover[isBuffered ? 2 * cpus : cpus];
    for (int i = 0; i < movers.length; i++) {
      movers[i] = new Mover(i, i % cpus);
    }
    buffers = new StoreBuffer[cpus];
    for (int i = 0; i < cpus; i++) {
      buffers[i] = new StoreBuffer();
    }
    trace = new Trace(movers.length, cpus);
    locations = new Locations(movers.length);
    synchronizer = new Synchronizer(this, movers, cpus, findsRaces);
  }

  /** Begins an execution. */
  void reset(Director newDirector, boolean isLikeLast, long newMaxSteps) {
    director = newDirector;
    maxSteps = newMaxSteps;
    for (Mover mover : movers) {
      mover.reset();
    }
    for (StoreBuffer buffer : buffers) {
      buffer.clear();
    }
    trace.reset(isLikeLast);
    locations.reset();
    synchronizer.begin();
    current = null;
    lastCpu = NOBODY;
    isConcurrent = false;
    wasConcurrent = false;
    isStopped = false;
    stopCause = null;
    isRedundant = false;
    steps = 0;
    violation = null;
    failure = null;
  }

  void setListener(@Nullable StepListener newListener) {
    listener = newListener;
  }

  Trace trace() {
    return trace;
  }

  Locations locations() {
    return locations;
  }

  /** How many accesses and choices there were in phases of several bodies. */
  long steps() {
    return steps;
  }

  /** A fault that is not the program's, if there was one. */
  @Nullable CheckerException refusal() {
    return failure instanceof CheckerException refusal ? refusal : null;
  }

  @Nullable Violation violation() {
    return violation;
  }

  boolean isRedundant() {
    return isRedundant;
  }

  /** Whether several bodies run: what they do is decided and recorded. */
  boolean isConcurrent() {
    return isConcurrent;
  }

  /** Ends the execution: no body goes on. */
  void stop(@Nullable Throwable cause) {
    if (!isStopped) {
      isStopped = true;
      stopCause = cause;
    }
  }

  StoppedException stopped() {
    return new StoppedException(stopCause);
  }

  boolean isStopped() {
    return isStopped;
  }

  /** The CPU whose body goes on. */
  int cpu() {
    Mover mover = current;
    return mover == null ? NOBODY : mover.cpu;
  }

  /** How many events the CPU's body has so far. */
  int known(int cpu, int of) {
    return trace.known(cpu)[of];
  }

  boolean isDescribing() {
    return listener != null;
  }

  // --- bodies ---

  void start(int cpu, String name, Runnable body) {
    Mover mover = movers[cpu];
    if (mover.isLive) {
      throw new IllegalStateException("CPU " + cpu + " runs " + mover.name);
    }
    mover.reset();
    mover.isLive = true;
    mover.name = name;
    if (isBuffered) {
      movers[cpus + cpu].name = name + " (store buffer)";
    }
    mover.coroutine = new Coroutine(name, () -> run(mover, body));
    Mover starter = current;
    if (starter != null) {
      trace.order(starter.id, mover.id);
      synchronizer.started(cpu);
      lastCpu = isConcurrent ? lastCpu : starter.cpu;
      isConcurrent = true;
      wasConcurrent = true;
    }
  }

  private void run(Mover mover, Runnable body) {
    try {
      body.run();
    } catch (StoppedException e) {
      // Stopped from outside.
    } catch (Throwable e) {
      if (!isStopped) {
        String message = mover.name + " (CPU " + mover.cpu + "): " + e;
        failure =
            switch (e) {
              case CheckerException refusal -> refusal;
              case RefusedException refusal -> new CheckerException(refusal.getMessage());
              default -> new CpuFailureException(mover.cpu, message, e);
            };
        isStopped = true;
        violated(mover);
      }
    }
    mover.isLive = false;
  }

  /** Runs the bodies that were started until all have ended. */
  void join() {
    if (current != null) {
      throw new IllegalStateException("a body cannot join");
    }
    int bodies = 0;
    for (Mover mover : movers) {
      if (mover.isLive) {
        trace.orderAll(mover.id);
        synchronizer.started(mover.cpu);
        bodies++;
      }
    }
    isConcurrent = bodies > 1;
    wasConcurrent |= isConcurrent;
    lastCpu = NOBODY;
    try {
      next = decide();
      while (next != NOBODY && !isStopped) {
        if (next >= cpus) {
          commit(next);
          next = decide();
        } else {
          Mover mover = movers[next];
          current = mover;
          synchronizer.resumed(mover.cpu);
          mover.coroutine.run();
          current = null;
          synchronizer.paused();
          if (!mover.isLive && !isStopped) {
            synchronizer.ended(mover.cpu);
            next = decide();
          }
        }
      }
    } finally {
      current = null;
      isConcurrent = false;
      settle();
    }
    if (failure != null) {
      throw failure;
    }
    if (isStopped) {
      throw stopped();
    }
  }

  /** What bodies stored before they were stopped is seen by the caller. */
  private void settle() {
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

  /** Ends the execution, here and now, if it is a body's; a caller outside bodies gets to know. */
  void violate(Violation what) {
    if (violation == null) {
      violation = what;
    }
    isStopped = true;
    Mover mover = current;
    if (mover == null) {
      throw stopped();
    }
    violated(mover);
    sleepForEver();
  }

  /** The mover's last step violates something: it could do so before what it does not depend on. */
  private void violated(Mover mover) {
    if (isConcurrent) {
      trace.gather(director.isNew());
      trace.violated(mover.id, director.position());
    }
  }

  /** Ends the execution for a fault that is not the program's. */
  private CheckerException refuse(String message) {
    isStopped = true;
    CheckerException refusal = new CheckerException(message);
    failure = refusal;
    return refusal;
  }

  // --- deciding ---

  private int decide() {
    int enabled = 0;
    boolean isAnyLive = false;
    for (Mover mover : movers) {
      if (mover.isLive) {
        isAnyLive = true;
        if (isEnabled(mover)) {
          enabled |= 1 << mover.id;
        }
      }
    }
    if (enabled == 0) {
      if (isAnyLive) {
        stuck();
      }
      return NOBODY;
    }
    if (!isConcurrent) {
      return Integer.numberOfTrailingZeros(enabled);
    }
    int chosen = director.next(enabled, lastCpu);
    if (chosen == Director.REDUNDANT) {
      isRedundant = true;
      isStopped = true;
      return NOBODY;
    }
    if (chosen < cpus) {
      lastCpu = chosen;
    }
    return chosen;
  }

  private boolean isEnabled(Mover mover) {
    return switch (mover.pending) {
      case AWAIT -> value(mover.cpu, mover.location) != mover.seen;
      case RETRY -> trace.isAnyChanged(mover.attempt, mover.id);
      case STORE -> !buffers[mover.cpu].isFull();
      case LOCK_SHARED, LOCK_EXCLUSIVE ->
          mover.lock.canTake(mover.pending) && buffers[mover.cpu].isEmpty();
      default -> !mover.pending.drains() || buffers[mover.cpu].isEmpty();
    };
  }

  private void stuck() {
    StringBuilder message = new StringBuilder();
    boolean isRetrying = false;
    for (Mover mover : movers) {
      if (mover.isLive) {
        isRetrying |= mover.pending == Operation.RETRY;
        message.append(message.isEmpty() ? "" : "; ").append(waits(mover));
        waitsForEver(mover);
      }
    }
    violation =
        new Violation(
            Property.PROGRESS,
            (isRetrying ? "livelock" : "deadlock") + ", everyone waits: " + message);
    isStopped = true;
  }

  /** Had the mover come earlier, it might not have to wait. */
  private void waitsForEver(Mover mover) {
    if (isConcurrent && director.isNew()) {
      trace.gather(true);
      switch (mover.pending) {
        case AWAIT -> trace.neverChanges(mover.location, mover.seen, mover.id, director.position());
        case LOCK_SHARED, LOCK_EXCLUSIVE ->
            trace.neverTakes(mover.location, mover.pending.writes(), mover.id, director.position());
        default -> {
          // Who tries again would have had to see something else.
        }
      }
    }
  }

  private static String waits(Mover mover) {
    return mover.name
        + switch (mover.pending) {
          case AWAIT ->
              " waits for " + mover.location + " to change from 0x" + Long.toHexString(mover.seen);
          case RETRY -> " waits for a word that it has read to change";
          default -> " waits for " + mover.location;
        };
  }

  /** Waits until it is the turn of the body that goes on. */
  private void await(Operation operation, @Nullable Location location) {
    Mover me = current;
    if (isStopped) {
      sleepForEver();
    }
    me.pending = operation;
    me.location = location;
    int chosen = decide();
    while (chosen >= cpus && !isStopped) {
      commit(chosen);
      chosen = decide();
    }
    if (chosen != me.id || isStopped) {
      next = chosen;
      pause();
      if (isStopped) {
        sleepForEver();
      }
    }
    if (++steps > maxSteps) {
      throw refuse(
          me.name
              + " goes on for more than "
              + maxSteps
              + " steps"
              + Places.here()
              + "; does a loop go round without waiting?");
    }
    trace.gather(director.isNew());
    if (isBuffered && operation.drains()) {
      trace.order(cpus + me.cpu, me.id);
    }
  }

  private void sleepForEver() {
    while (true) {
      pause();
    }
  }

  /** Where a body cannot stop, it gets an exception; what it makes of that is of no interest. */
  private void pause() {
    try {
      Coroutine.pause();
    } catch (CheckerException e) {
      isStopped = true;
      failure = e;
      throw e;
    }
  }

  /** A choice of nature. What prepares gets what simple hardware does. */
  int choose(int n) {
    if (!wasConcurrent || n == 1) {
      return 0;
    }
    steps++;
    int chosen = director.choose(n);
    if (current != null && isConcurrent) {
      trace.gather(director.isNew());
      trace.add(current.id, Operation.CHOOSE, null, false, 0, director.position());
    }
    if (listener != null && current != null) {
      Mover chooser = current;
      show(seer -> seer.chose(chooser, n, chosen));
    }
    return chosen;
  }

  // --- what bodies do; only while several run ---

  /** The value of a word as a CPU sees it. */
  private long value(int cpu, Location x) {
    long value = x.words.value(x.index);
    return isBuffered ? buffers[cpu].forward(x, value) : value;
  }

  private void checkAllocated(Location x) {
    Frame frame = x.frame;
    if (frame != null && !frame.isAllocated()) {
      tellRefused(x);
      violate(frame.useAfterFree(x));
    }
  }

  /** Loads a word. */
  long load(Location x) {
    await(Operation.LOAD, x);
    checkAllocated(x);
    long value = value(current.cpu, x);
    loaded(current, Operation.LOAD, x, value);
    synchronizer.loaded(x);
    return value;
  }

  /** Loads a word of memory past the CPU's buffer, as a page walk does. */
  long walk(Location x) {
    await(Operation.LOAD, x);
    checkAllocated(x);
    long value = x.words.value(x.index);
    loaded(current, Operation.LOAD, x, value);
    synchronizer.loaded(x);
    return value;
  }

  private void loaded(Mover me, Operation operation, Location x, long value) {
    trace.beginCandidates();
    trace.candidate(x.lastWrite, me.id);
    if (x.frame != null) {
      trace.candidate(x.frame.whole().lastWrite, me.id);
    }
    trace.endCandidates(me.id, true);
    me.attempt.read(x);
    x.lastReads[me.id] = trace.add(me.id, operation, x, false, value, director.position());
    after(me, operation, x, false, value, value);
  }

  /** Stores into the bits of a word that a mask says. */
  void store(Location x, long value, long mask) {
    Mover me = current;
    if (isBuffered) {
      checkAllocated(x);
      if (buffers[me.cpu].isFull()) {
        await(Operation.STORE, x);
      }
      long seen = value(me.cpu, x);
      buffers[me.cpu].add(x, value, mask, origin(me));
      beLive(me.cpu);
      show(me, Operation.STORE, x, true, seen, seen & ~mask | value & mask);
      return;
    }
    await(Operation.STORE, x);
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
    trace.beginCandidates();
    accesses(x, me.id);
    if (x.frame != null) {
      accesses(x.frame.whole(), me.id);
    }
    trace.endCandidates(me.id, true);
    trace.couldHaveLetRetry(x, me.id);
    int event = trace.add(me.id, operation, x, true, before, director.position());
    x.lastWrite = event;
    Arrays.fill(x.lastReads, Location.NONE);
    after(me, operation, x, true, before, after);
  }

  private void accesses(Location x, int moverId) {
    trace.candidate(x.lastWrite, moverId);
    for (int read : x.lastReads) {
      trace.candidate(read, moverId);
    }
  }

  private StoreBuffer.Origin origin(Mover me) {
    return new StoreBuffer.Origin(
        trace.known(me.id).clone(), director.position(), synchronizer.buffered());
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
  private void commit(int moverId) {
    Mover buffer = movers[moverId];
    StoreBuffer stores = buffers[buffer.cpu];
    Location x = stores.first();
    steps++;
    trace.gather(director.isNew());
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
      released(buffer, release, lock, x);
      synchronizer.committedRelease(x, release.writes(), origin.released());
    }
    trace.stored(origin.node());
    stores.removeFirst();
    beLive(buffer.cpu);
  }

  private void checkAllocatedForCommit(Mover buffer, Location x) {
    Frame frame = x.frame;
    if (frame != null && !frame.isAllocated() && violation == null) {
      tellRefused(x);
      violation = frame.useAfterFree(x);
      isStopped = true;
      trace.violated(buffer.id, director.position());
    }
  }

  /** Takes a frame that was given back; whoever still uses it does so before or after. */
  void takeAgain(Frame frame) {
    Location whole = frame.whole();
    await(Operation.TAKE_AGAIN, whole);
    Mover me = current;
    trace.beginCandidates();
    accesses(whole, me.id);
    for (int i = 0; i < frame.touched(); i++) {
      accesses(frame.touched(i), me.id);
    }
    trace.endCandidates(me.id, true);
    whole.lastWrite = trace.add(me.id, Operation.TAKE_AGAIN, whole, true, 0, director.position());
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
    await(Operation.READ_MODIFY_WRITE, x);
    checkAllocated(x);
    long before = x.words.value(x.index);
    long held = (before & mask) >>> shift;
    long changed = change.apply(held, operand, expected);
    if (change == ExploredMemory.EXCHANGE_IF && held != expected) {
      loaded(current, Operation.READ_MODIFY_WRITE, x, before);
    } else {
      current.attempt.read(x);
      stored(
          current,
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
      await(Operation.FENCE, null);
      Mover me = current;
      trace.add(me.id, Operation.FENCE, null, false, 0, director.position());
      after(me, Operation.FENCE, null, false, 0, 0);
    }
  }

  /** Waits until a word holds something else. */
  void awaitChange(Location x, long seen) {
    Mover me = current;
    me.seen = seen;
    await(Operation.AWAIT, x);
    checkAllocated(x);
    trace.awaited(x, seen, me.id);
    x.lastReads[me.id] = trace.add(me.id, Operation.AWAIT, x, false, seen, director.position());
    synchronizer.loaded(x);
    after(me, Operation.AWAIT, x, false, seen, x.words.value(x.index));
  }

  /** Waits until another has written something that the attempt has read. */
  void retry() {
    Mover me = current;
    await(Operation.RETRY, null);
    trace.retried(me.attempt, me.id);
    trace.add(me.id, Operation.RETRY, null, false, 0, director.position());
    me.attempt.begin();
    after(me, Operation.RETRY, null, false, 0, 0);
  }

  /** The body begins to try something. */
  void attempt() {
    current.attempt.begin();
  }

  /** Takes an abstract lock. */
  void acquire(AbstractLock lock, Location x, Operation operation) {
    Mover me = current;
    me.lock = lock;
    await(operation, x);
    boolean isExclusive = operation.writes();
    trace.beginCandidates();
    trace.candidate(x.lastWrite, me.id);
    if (isExclusive) {
      for (int read : x.lastReads) {
        trace.candidate(read, me.id);
      }
    }
    trace.endCandidates(me.id, false);
    trace.joinReleases(x, me.id, isExclusive);
    int event = trace.add(me.id, operation, x, isExclusive, 0, director.position());
    if (isExclusive) {
      x.lastWrite = event;
      Arrays.fill(x.lastReads, Location.NONE);
    } else {
      x.lastReads[me.id] = event;
    }
    lock.take(operation, me.cpu);
    synchronizer.acquired(x, isExclusive);
    after(me, operation, x, isExclusive, 0, 0);
  }

  /** Gives an abstract lock back. */
  void release(AbstractLock lock, Location x, Operation operation) {
    Mover me = current;
    if (isBuffered) {
      buffers[me.cpu].add(lock, operation, x, origin(me));
      beLive(me.cpu);
    } else {
      await(operation, x);
      released(me, operation, lock, x);
      synchronizer.gaveBack(x, operation.writes());
    }
  }

  private void released(Mover me, Operation operation, AbstractLock lock, Location x) {
    int event = trace.add(me.id, operation, x, operation.writes(), 0, director.position());
    trace.release(x, event, me.id, operation.writes());
    lock.give(operation, me.cpu);
    after(me, operation, x, operation.writes(), 0, 0);
  }

  /** Works on a frame as a whole; the caller then reads or writes it. */
  void onFrame(Frame frame, Operation operation) {
    Location whole = frame.whole();
    await(operation, whole);
    checkAllocated(whole);
    Mover me = current;
    trace.beginCandidates();
    if (operation.writes()) {
      accesses(whole, me.id);
      for (int i = 0; i < frame.touched(); i++) {
        accesses(frame.touched(i), me.id);
      }
    } else {
      trace.candidate(whole.lastWrite, me.id);
      for (int i = 0; i < frame.touched(); i++) {
        trace.candidate(frame.touched(i).lastWrite, me.id);
      }
    }
    trace.endCandidates(me.id, true);
    if (operation.writes()) {
      trace.couldHaveLetRetry(whole, me.id);
    } else {
      me.attempt.read(whole);
      for (int i = 0; i < frame.touched(); i++) {
        me.attempt.read(frame.touched(i));
      }
    }
    int event = trace.add(me.id, operation, whole, operation.writes(), 0, director.position());
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
    director.happened(me.id, operation, x, writes);
    show(me, operation, x, writes, before, after);
  }

  private void tellRefused(Location x) {
    if (listener != null) {
      Mover refused = current == null ? movers[lastCpu] : current;
      show(seer -> seer.refused(refused, x));
    }
  }

  /** Shows something. What the one who looks does is no step, and no race. */
  private void show(Consumer<StepListener> what) {
    StepListener seer = listener;
    if (seer != null) {
      boolean was = isConcurrent;
      isConcurrent = false;
      synchronizer.beginLook();
      try {
        what.accept(seer);
      } finally {
        synchronizer.endLook();
        isConcurrent = was;
      }
    }
  }

  private void show(
      Mover me,
      Operation operation,
      @Nullable Location x,
      boolean writes,
      long before,
      long after) {
    if (listener != null) {
      show(seer -> seer.stepped(me, operation, x, writes, before, after));
    }
  }

  /** The movers, by number: for directors that look at what each would do. */
  Mover mover(int id) {
    return movers[id];
  }
}
