package dev.gnomon.machine.device;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Runs the vCPUs of a PC in turn, on one CPU, so that the same image does the same each time. It is
 * the machine's time, too: an instruction takes a nanosecond, and when all vCPUs wait, the time of
 * the next alarm comes at once.
 */
public final class Turns implements TimeSource {
  /** 2026-01-01: so that a guest sees the same date each time. */
  private static final long EPOCH_SECONDS = 1_767_225_600;

  private static final long NANOS = 1_000_000_000;

  private final int quantum;
  private final long[] alarms;

  /** The time when the current turn began, and the vCPU's count of instructions then. */
  private long turnStart;

  private long instructionsBefore;

  /** The time that was told last. */
  private long now;

  private int current;
  private @Nullable PcMachine machine;

  /**
   * Of so many vCPUs.
   *
   * @param quantum instructions in a turn, at least 1
   */
  public Turns(int vcpus, int quantum) {
    this.quantum = quantum;
    alarms = new long[vcpus];
    Arrays.fill(alarms, Long.MAX_VALUE);
  }

  /** Never the same twice: a block of instructions is counted only when it is done. */
  @Override
  public long nanoseconds(int vcpu) {
    now = Math.max(now + 1, turnStart + executed());
    return now;
  }

  /** How many instructions the turn has had. */
  private long executed() {
    PcMachine running = machine;
    return running == null ? 0 : running.cpu(current).instructions() - instructionsBefore;
  }

  @Override
  public long epochSeconds() {
    return EPOCH_SECONDS + now / NANOS;
  }

  @Override
  public void setAlarm(int vcpu, long nanoseconds) {
    alarms[vcpu] = nanoseconds;
  }

  /** Runs a machine that has this as its time, until it has ended. */
  public void run(PcMachine ended) {
    Pc pc = ended.pc();
    while (!pc.hasEnded()) {
      boolean hasRun = false;
      for (int vcpu = 0; vcpu < ended.vcpus() && !pc.hasEnded(); vcpu++) {
        raiseAlarms(pc);
        hasRun |= turn(ended, vcpu);
      }
      if (!hasRun && !pc.hasEnded()) {
        skip(ended);
      }
    }
    ended.shutDown();
  }

  private boolean turn(PcMachine running, int vcpu) {
    current = vcpu;
    instructionsBefore = running.cpu(vcpu).instructions();
    machine = running;
    boolean hasRun = running.runSome(vcpu, Math.max(1, Math.min(quantum, next() - turnStart)));
    turnStart = Math.max(now, turnStart + executed());
    machine = null;
    return hasRun;
  }

  private long next() {
    return Arrays.stream(alarms).min().orElse(Long.MAX_VALUE);
  }

  private void raiseAlarms(Pc pc) {
    for (int vcpu = 0; vcpu < alarms.length; vcpu++) {
      if (alarms[vcpu] <= turnStart) {
        alarms[vcpu] = Long.MAX_VALUE;
        pc.alarm(vcpu);
      }
    }
  }

  /** All wait: for the next alarm, or for nothing. */
  private void skip(PcMachine waiting) {
    Pc pc = waiting.pc();
    boolean areHelpless = true;
    for (int vcpu = 0; vcpu < waiting.vcpus(); vcpu++) {
      areHelpless &= pc.isHelpless(waiting.cpu(vcpu));
    }
    if (areHelpless && !pc.isAnyCalled()) {
      pc.endHelpless(waiting.cpu(0));
    } else if (next() != Long.MAX_VALUE) {
      turnStart = Math.max(turnStart, next());
    }
  }
}
