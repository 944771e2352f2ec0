package dev.gnomon.machine.thread;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.Platform;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Named real threads, one for each CPU of a {@link ThreadPlatform} that has a body. A body begins
 * as soon as it is started.
 *
 * <p>The first failure stops the platform, so that the others end where they next wait. An
 * interrupt of the thread that joins stops the platform as well.
 */
public final class CpuThreads extends Execution {
  private final ThreadPlatform platform;

  /** By CPU. Guarded by this, as is the failure. */
  private final @Nullable Thread[] threads;

  private @Nullable CpuFailureException failure;

  public CpuThreads(ThreadPlatform platform) {
    this.platform = platform;
    threads = new Thread[platform.cpus()];
  }

  @Override
  public Platform platform() {
    return platform;
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
    while (isRunning()) {
      try {
        wait();
      } catch (InterruptedException e) {
        isInterrupted = true;
        platform.stop(e);
      }
    }
    if (isInterrupted) {
      Thread.currentThread().interrupt();
    }
    if (failure != null) {
      throw failure;
    }
    platform.checkStopped();
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
