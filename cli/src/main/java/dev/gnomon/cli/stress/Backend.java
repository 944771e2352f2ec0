package dev.gnomon.cli.stress;

import dev.gnomon.machine.lockstep.LockstepPlatform;
import dev.gnomon.machine.lockstep.Schedule;
import dev.gnomon.machine.memory.HostMemory;
import dev.gnomon.machine.thread.CpuThreads;
import dev.gnomon.machine.thread.Execution;
import dev.gnomon.machine.thread.ThreadPlatform;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** What a stress runs on. */
enum Backend {
  /**
   * One thread at a time, by a schedule that the seed decides: the same seed gives the same run, on
   * any machine under any load. Time is counted in steps.
   */
  LOCKSTEP {
    @Override
    Machine create(HostMemory host, int cpus, long seed, int longTurn, double seconds) {
      int meanSteps = Schedule.of(seed).meanSteps();
      double stepsPerSwitch = meanSteps + longTurn / 16.0;
      double secondsPerStep = STEP_SECONDS + SWITCH_SECONDS / stepsPerSwitch;
      long steps = (long) (seconds / secondsPerStep);
      Schedule schedule =
          new Schedule(seed, meanSteps, longTurn, STEPS_FACTOR * steps + MORE_STEPS);
      LockstepPlatform platform = new LockstepPlatform(host, cpus, true, schedule);
      var execution = platform.execution();
      return new Machine(execution, execution::steps, steps);
    }
  },

  /** Real threads: what happens depends on the machine. */
  THREADS {
    @Override
    Machine create(HostMemory host, int cpus, long seed, int longTurn, double seconds) {
      ThreadPlatform platform = new ThreadPlatform(host, cpus, true);
      long begin = System.nanoTime();
      return new Machine(
          new CpuThreads(platform),
          () -> (System.nanoTime() - begin) / NANOSECONDS_PER_STEP,
          (long) (seconds * TimeUnit.SECONDS.toNanos(1)) / NANOSECONDS_PER_STEP);
    }
  };

  /**
   * About what a step and a switch cost: measured on one machine, fixed here so that runs repeat.
   */
  private static final double STEP_SECONDS = 60e-9;

  private static final double SWITCH_SECONDS = 6e-6;

  /** How far a run may overshoot its steps before it is taken for endless. */
  private static final int STEPS_FACTOR = 20;

  private static final long MORE_STEPS = 50_000_000;

  /** About what an operation of the port takes on real threads. */
  private static final long NANOSECONDS_PER_STEP = 10;

  /**
   * What a stress runs on.
   *
   * @param clock how many steps have been taken, or about so many have gone by
   * @param end when the stress is over, by that clock
   */
  record Machine(Execution execution, LongSupplier clock, long end) {}

  /**
   * Makes a machine that runs for about so long.
   *
   * @param longTurn in lockstep, see {@link Schedule}
   */
  abstract Machine create(HostMemory host, int cpus, long seed, int longTurn, double seconds);
}
