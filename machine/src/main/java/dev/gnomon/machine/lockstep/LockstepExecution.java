package dev.gnomon.machine.lockstep;

import dev.gnomon.machine.memory.HostFrames;
import dev.gnomon.machine.thread.CpuFailureException;
import dev.gnomon.machine.thread.Execution;
import dev.gnomon.machine.thread.StoppedException;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.sync.Synchronization;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs bodies in lockstep. No body runs before {@link #join}, so which of them begins is the seed's
 * choice too. {@link #join} also throws {@link DeadlockException} and {@link LivelockException},
 * and {@link IllegalStateException} if a body goes on for seconds after it was told to end.
 */
public final class LockstepExecution extends Execution {
  /** How long, in looks, bodies that were told to end are waited for. */
  private static final int PATIENCE = 100;

  private static final long LOOK_MILLIS = 100;

  private final LockstepPlatform platform;
  private final Scheduler scheduler;

  /** Guards the flag below; the thread that joins sleeps on it. */
  private final Object ended = new Object();

  private boolean isEnded;

  LockstepExecution(LockstepPlatform platform, Scheduler scheduler) {
    this.platform = platform;
    this.scheduler = scheduler;
  }

  @Override
  public Platform platform() {
    return platform;
  }

  @Override
  public Synchronization synchronization() {
    return platform.synchronization();
  }

  @Override
  public HostFrames frames() {
    return platform.frames();
  }

  @Override
  public Cpu cpu(int index) {
    return scheduler.cpu(Objects.checkIndex(index, scheduler.count()));
  }

  /** How many steps the bodies have taken. */
  public long steps() {
    return scheduler.steps();
  }

  /** A hash of all steps: who did what to which word, in order. */
  public long trace() {
    return scheduler.trace();
  }

  @Override
  public void start(int cpuIndex, String name, Consumer<Cpu> body) {
    LockstepCpu cpu = scheduler.cpu(Objects.checkIndex(cpuIndex, scheduler.count()));
    Thread old = cpu.thread();
    if (old != null) {
      throw new IllegalStateException("CPU " + cpuIndex + " runs " + old.getName());
    }
    Thread thread = Thread.ofPlatform().daemon().name(name).unstarted(() -> run(cpu, body));
    cpu.begin(thread);
    thread.start();
  }

  private void run(LockstepCpu cpu, Consumer<Cpu> body) {
    cpu.awaitTurn();
    try {
      scheduler.checkStopped();
      body.accept(cpu);
    } catch (StoppedException e) {
      // Someone else's failure, or a call of stop: known already.
    } catch (Throwable e) {
      scheduler.fail(new CpuFailureException(cpu.index(), message(cpu, e), e));
    }
    if (scheduler.end(cpu)) {
      synchronized (ended) {
        isEnded = true;
        ended.notifyAll();
      }
    }
  }

  private String message(LockstepCpu cpu, Throwable e) {
    String name = Thread.currentThread().getName();
    return name
        + " (CPU "
        + cpu.index()
        + ") at step "
        + steps()
        + ", "
        + scheduler.schedule()
        + ": "
        + e;
  }

  @Override
  public void join() {
    boolean isInterrupted = false;
    synchronized (ended) {
      isEnded = !scheduler.begin();
      for (int patience = PATIENCE; !isEnded && patience > 0; ) {
        try {
          ended.wait(LOOK_MILLIS);
        } catch (InterruptedException e) {
          isInterrupted = true;
          stop(e);
        }
        if (scheduler.isStopped()) {
          patience--;
        }
      }
      if (!isEnded) {
        throw new IllegalStateException(Places.describe("some do not end", scheduler));
      }
    }
    if (isInterrupted) {
      Thread.currentThread().interrupt();
    }
    RuntimeException failure = scheduler.failure();
    if (failure != null) {
      throw failure;
    }
    checkStopped();
  }

  @Override
  public void stop(@Nullable Throwable cause) {
    scheduler.stop(cause);
  }

  @Override
  public void checkStopped() {
    scheduler.checkStopped();
  }
}
