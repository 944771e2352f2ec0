package dev.gnomon.cli.run;

import dev.gnomon.machine.guest.Guest;
import dev.gnomon.machine.thread.Execution;
import dev.gnomon.machine.thread.StoppedException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Watches a guest that runs: shows progress, and pauses the guest when a CPU's body has failed. The
 * others end where they next wait, which a vCPU with a long trace may not do for minutes.
 */
final class Monitor implements AutoCloseable {
  private static final long PERIOD_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final int PERIODS_PER_LINE = 4;

  private final Execution execution;
  private final Guest guest;
  private final Progress progress;
  private final long startNanos = System.nanoTime();
  private final Thread thread = Thread.ofPlatform().daemon().name("monitor").unstarted(this::watch);
  private volatile boolean isOver;

  Monitor(Execution execution, Guest guest, Progress progress) {
    this.execution = execution;
    this.guest = guest;
    this.progress = progress;
  }

  /** Starts to watch. */
  void begin() {
    thread.start();
  }

  private void watch() {
    for (int period = 1; !isOver; period++) {
      LockSupport.parkNanos(this, PERIOD_NANOS);
      try {
        execution.checkStopped();
      } catch (StoppedException e) {
        guest.pause();
      }
      if (period % PERIODS_PER_LINE == 0 && !isOver) {
        progress.show(guest, startNanos);
      }
    }
  }

  /** Watches no more, and takes the line away. */
  @Override
  public void close() {
    isOver = true;
    LockSupport.unpark(thread);
    boolean isInterrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        isInterrupted = true;
      }
    }
    if (isInterrupted) {
      Thread.currentThread().interrupt();
    }
    progress.clear();
  }
}
