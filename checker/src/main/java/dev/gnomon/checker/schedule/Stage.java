package dev.gnomon.checker.schedule;

import dev.gnomon.checker.property.Violation;
import dev.gnomon.checker.race.RefusedException;
import dev.gnomon.machine.thread.CpuFailureException;
import dev.gnomon.machine.thread.StoppedException;
import org.jspecify.annotations.Nullable;

/**
 * Where bodies run under a director: each step of theirs waits here until it is its turn. What the
 * steps are and do is in {@link Accesses}.
 *
 * <p>An execution goes in phases, from one join to the next. In a phase with one body nothing is
 * decided and nothing recorded. What is done outside bodies just happens.
 */
final class Stage {
  private static final int NOBODY = -1;

  private final int cpus;
  private final boolean isBuffered;
  private final Mover[] movers;
  private final Trace trace;
  private final Races races;
  private final Locations locations;
  private final Synchronizer synchronizer;
  private final Onlooker onlooker;
  private final Accesses accesses;

  private Director director;
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
    trace = new Trace(movers.length, cpus);
    races = new Races(trace);
    locations = new Locations(movers.length);
    synchronizer = new Synchronizer(this, movers, cpus, findsRaces);
    onlooker = new Onlooker(this, synchronizer);
    accesses = new Accesses(this, movers, cpus, isBuffered, races, synchronizer);
  }

  /** Begins an execution. */
  void reset(Director newDirector, boolean isLikeLast, long newMaxSteps) {
    director = newDirector;
    maxSteps = newMaxSteps;
    for (Mover mover : movers) {
      mover.reset();
    }
    accesses.reset();
    trace.reset(isLikeLast);
    races.reset();
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

  Races races() {
    return races;
  }

  /** Who is shown the steps, perhaps nobody. */
  Onlooker onlooker() {
    return onlooker;
  }

  /** What bodies do, each a step. */
  Accesses accesses() {
    return accesses;
  }

  /** The body that goes on now; only while one does. */
  Mover current() {
    return current;
  }

  /** What decides; in whose tree events have their places. */
  Director director() {
    return director;
  }

  /** Whether several bodies have run by now: before that nature chooses nothing. */
  boolean wasConcurrent() {
    return wasConcurrent;
  }

  /** One more step. */
  void countStep() {
    steps++;
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

  /** While someone looks, what is done is no step. */
  void setConcurrent(boolean concurrent) {
    isConcurrent = concurrent;
  }

  /** Who took the step that is refused: the body that goes on, or the last one's buffer. */
  Mover refused() {
    return current == null ? movers[lastCpu] : current;
  }

  /** How many events the CPU's body has so far. */
  int known(int cpu, int of) {
    return trace.known(cpu)[of];
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
          accesses.commit(next);
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
      accesses.settle();
    }
    if (failure != null) {
      throw failure;
    }
    if (isStopped) {
      throw stopped();
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
      races.gather(director.isNew());
      races.violated(mover.id, director.position());
    }
  }

  // --- deciding ---

  private int decide() {
    int enabled = 0;
    boolean isAnyLive = false;
    for (Mover mover : movers) {
      if (mover.isLive) {
        isAnyLive = true;
        if (accesses.isEnabled(mover)) {
          enabled |= 1 << mover.id;
        }
      }
    }
    if (enabled == 0) {
      if (isAnyLive) {
        violation = Standstill.violation(movers, races, isConcurrent && director.isNew(), director);
        isStopped = true;
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

  /** Waits until it is the turn of the body that goes on. */
  void await(Operation operation, @Nullable Location location) {
    Mover me = current;
    if (isStopped) {
      sleepForEver();
    }
    me.pending = operation;
    me.location = location;
    int chosen = decide();
    while (chosen >= cpus && !isStopped) {
      accesses.commit(chosen);
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
      String goesOn = me.name + " goes on for more than " + maxSteps + " steps" + Places.here();
      CheckerException refusal =
          new CheckerException(goesOn + "; does a loop go round without waiting?");
      failure = refusal;
      isStopped = true;
      throw refusal;
    }
    races.gather(director.isNew());
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

  /** A step of a buffer's violates something, which ends the execution. */
  void violatedBy(Mover buffer, Violation what) {
    if (violation == null) {
      violation = what;
      isStopped = true;
      races.violated(buffer.id, director.position());
    }
  }

  /** The movers, by number: for directors that look at what each would do. */
  Mover mover(int id) {
    return movers[id];
  }
}
