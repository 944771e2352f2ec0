package dev.gnomon.machine.thread;

import dev.gnomon.machine.memory.HostFrames;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.sync.Synchronization;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Named real threads, one for each CPU of a {@link ThreadPlatform} that has a body. A body begins
 * as soon as it is started.
 *
 * <p>The first failure stops the platform, so that the others end where they next wait. An
 * interrupt of the thread that joins stops the platform as well. A body that goes on for seconds
 * after that is left behind, and named in what the join throws.
 */
public final class CpuThreads extends Execution {
  /** How long, in looks, bodies that were told to end are waited for. */
  private static final int PATIENCE = 100;

  private static final long LOOK_MILLIS = 100;

  private final ThreadPlatform platform;
  private final int patience;

  /** By CPU. Guarded by this, as is the failure. */
  private final @Nullable Thread[] threads;

  private @Nullable CpuFailureException failure;

  /** Makes an execution that has no bodies yet. A platform may have several, on different CPUs. */
  public CpuThreads(ThreadPlatform platform) {
    this(platform, PATIENCE);
  }

  /** With another patience, in looks. */
  CpuThreads(ThreadPlatform platform, int patience) {
    this.platform = platform;
    this.patience = patience;
    threads = new Thread[platform.cpus()];
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
    return platform.cpu(index);
  }

  @Override
  public synchronized void start(int cpuIndex, String name, Consumer<Cpu> body) {
    Cpu cpu = platform.cpu(cpuIndex);
    if (threads[cpuIndex] != null) {
      throw new IllegalStateException("CPU " + cpuIndex + " runs " + threads[cpuIndex].getName());
    }
    // A daemon, so that a body which never looks whether to stop cannot keep the process alive.
    threads[cpuIndex] = Thread.ofPlatform().daemon().name(name).start(() -> run(cpu, name, body));
  }

  private void run(Cpu cpu, String name, Consumer<Cpu> body) {
    try {
      body.accept(cpu);
    } catch (StoppedException e) {
      // Someone else's failure, or a call of stop: known already.
    } catch (Throwable e) {
      fail(new CpuFailureException(cpu.index(), name + " (CPU " + cpu.index() + "): " + e, e));
    }
    synchronized (this) {
      threads[cpu.index()] = null;
      notifyAll();
    }
  }

  private synchronized void fail(CpuFailureException e) {
    if (failure == null) {
      failure = e;
    } else {
      failure.addSuppressed(e);
    }
    platform.stop(e.getCause());
  }

  @Override
  public synchronized void join() {
    boolean isInterrupted = false;
    int looksLeft = patience;
    while (isRunning() && looksLeft > 0) {
      try {
        wait(LOOK_MILLIS);
      } catch (InterruptedException e) {
        isInterrupted = true;
        platform.stop(e);
      }
      if (platform.isStopped()) {
        looksLeft--;
      }
    }
    if (isInterrupted) {
      Thread.currentThread().interrupt();
    }
    RuntimeException outcome = failure == null ? platform.stopReason() : failure;
    if (outcome != null) {
      addThoseThatGoOn(outcome);
      throw outcome;
    }
  }

  /**
   * Says in an exception which bodies have not ended though they were told to, and where they are.
   */
  private void addThoseThatGoOn(RuntimeException outcome) {
    for (Thread thread : threads) {
      if (thread != null) {
        Throwable place = new IllegalStateException(thread.getName() + " does not end");
        place.setStackTrace(thread.getStackTrace());
        outcome.addSuppressed(place);
      }
    }
  }

  private boolean isRunning() {
    for (Thread thread : threads) {
      if (thread != null) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void stop(@Nullable Throwable cause) {
    platform.stop(cause);
  }

  @Override
  public void checkStopped() {
    platform.checkStopped();
  }
}
