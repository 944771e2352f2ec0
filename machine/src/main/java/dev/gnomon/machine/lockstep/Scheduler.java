package dev.gnomon.machine.lockstep;

import dev.gnomon.machine.thread.StoppedException;
import org.jspecify.annotations.Nullable;

/**
 * Who has the turn, and who gets it next.
 *
 * <p>All state but the stop belongs to the CPU that has the turn; handing over the turn (a volatile
 * write, then read) makes it visible to the next. While nobody has it, it belongs to the thread
 * that prepares and checks, whose operations are not steps.
 *
 * <p>A turn lasts a random number of steps. Then each CPU that is ready, the same one too, is as
 * likely as any other to get the next. A CPU that waits is ready once its word has changed, so a
 * waiter that misses a change undone at once is among the schedules.
 */
final class Scheduler {
  private static final long TRACE_PRIME = 0x100000001B3L;

  private final Schedule schedule;
  private final Draws draws;
  private final LockstepCpu[] cpus;
  private @Nullable LockstepCpu current;
  private long stepsLeftInTurn;
  private long steps;
  private long trace;

  /** Why all must end, once they must. Written by anyone, once. */
  private volatile @Nullable StoppedException stopped;

  private @Nullable RuntimeException failure;

  Scheduler(Schedule schedule, int count) {
    this.schedule = schedule;
    draws = new Draws(schedule.seed());
    cpus = new LockstepCpu[count];
    for (int i = 0; i < count; i++) {
      cpus[i] = new LockstepCpu(this, i);
    }
  }

  Schedule schedule() {
    return schedule;
  }

  int count() {
    return cpus.length;
  }

  LockstepCpu cpu(int index) {
    return cpus[index];
  }

  long steps() {
    return steps;
  }

  long trace() {
    return trace;
  }

  @Nullable RuntimeException failure() {
    return failure;
  }

  /**
   * Comes before every operation on the port. The turn may pass to others meanwhile.
   *
   * @throws StoppedException if the execution is to end
   */
  void step(Operation operation, long place) {
    LockstepCpu me = current;
    if (me == null) {
      return;
    }
    checkStopped();
    if (me.thread() != Thread.currentThread()) {
      throw new IllegalStateException(
          Thread.currentThread().getName() + " uses the port while CPU " + me.index() + " runs");
    }
    trace = (trace ^ place) * TRACE_PRIME + (operation.ordinal() << 8 | me.index());
    if (++steps > schedule.maxSteps()) {
      throw fail(new LivelockException(Places.describe("no end", this)));
    }
    if (--stepsLeftInTurn <= 0) {
      switchTo(me, pick(null));
    }
  }

  /**
   * Lets another CPU go on, if any is ready; one that waits gets no turn before its word changes.
   */
  void giveWay(LockstepCpu me) {
    if (current == null) {
      return;
    }
    LockstepCpu next = pick(me);
    if (next != null) {
      switchTo(me, next);
    } else if (!me.isReady()) {
      throw fail(new DeadlockException(Places.describe("deadlock", this)));
    }
  }

  /**
   * Checks that the CPU, which is about to wait, has the turn.
   *
   * @throws IllegalStateException if it has not: nobody would end its wait
   */
  void requireRunning(LockstepCpu cpu, Wait awaited) {
    if (current != cpu) {
      throw new IllegalStateException(
          "CPU " + cpu.index() + ", which has no turn, would wait for " + awaited);
    }
  }

  int choose(int n) {
    return draws.below(n);
  }

  /** Gives the first turn to one of the CPUs that have a body. Returns whether there is one. */
  boolean begin() {
    LockstepCpu first = pick(null);
    if (first != null) {
      handTo(first);
    }
    return first != null;
  }

  /**
   * Ends the body of the CPU that has the turn, and passes the turn on.
   *
   * @return whether it was the last
   */
  boolean end(LockstepCpu me) {
    me.end();
    LockstepCpu next = stopped == null ? pick(null) : anyLive();
    if (next == null && anyLive() != null) {
      fail(new DeadlockException(Places.describe("deadlock", this)));
      next = anyLive();
    }
    if (next == null) {
      current = null;
      return true;
    }
    handTo(next);
    return false;
  }

  /** Makes all bodies end, in turn, for a failure; called by the CPU that has the turn. */
  StoppedException fail(RuntimeException reason) {
    if (failure == null) {
      failure = reason;
    } else {
      failure.addSuppressed(reason);
    }
    return stop(reason);
  }

  /** Makes all bodies end, in turn. Anyone may call it. */
  synchronized StoppedException stop(@Nullable Throwable cause) {
    if (stopped == null) {
      stopped = new StoppedException(cause);
    }
    return stopped;
  }

  /**
   * Returns if the execution is not to end.
   *
   * @throws StoppedException if it is
   */
  void checkStopped() {
    StoppedException reason = stopped;
    if (reason != null) {
      throw new StoppedException(reason.getCause());
    }
  }

  boolean isStopped() {
    return stopped != null;
  }

  private void switchTo(LockstepCpu me, @Nullable LockstepCpu next) {
    if (next == me || next == null) {
      stepsLeftInTurn = schedule.turn(draws);
      return;
    }
    handTo(next);
    me.awaitTurn();
    checkStopped();
  }

  private void handTo(LockstepCpu next) {
    stepsLeftInTurn = schedule.turn(draws);
    current = next;
    next.wake();
  }

  /** Draws one of the CPUs that are ready, but for {@code other}; null if there is none. */
  private @Nullable LockstepCpu pick(@Nullable LockstepCpu other) {
    int ready = 0;
    for (LockstepCpu cpu : cpus) {
      if (cpu != other && cpu.isReady()) {
        ready++;
      }
    }
    if (ready == 0) {
      return null;
    }
    int drawn = draws.below(ready);
    for (LockstepCpu cpu : cpus) {
      if (cpu != other && cpu.isReady() && drawn-- == 0) {
        return cpu;
      }
    }
    throw new AssertionError("a CPU was ready and is not, while nobody ran");
  }

  private @Nullable LockstepCpu anyLive() {
    for (LockstepCpu cpu : cpus) {
      if (cpu.isLive()) {
        return cpu;
      }
    }
    return null;
  }
}
