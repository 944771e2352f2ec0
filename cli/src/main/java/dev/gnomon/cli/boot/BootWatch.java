package dev.gnomon.cli.boot;

import dev.gnomon.machine.device.Pc;
import dev.gnomon.machine.thread.Execution;
import dev.gnomon.machine.thread.StoppedException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Watches a machine that runs: ends it after its time, or when a CPU's body has failed; has what
 * the guest has printed seen, and tells the guest of input.
 */
final class BootWatch implements AutoCloseable {
  private static final long PERIOD_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
  private static final double NANOS = 1e9;

  private final Execution execution;
  private final Pc pc;
  private final StandardConsole console;
  private final long endNanos;
  private final boolean hasEnd;
  private final Thread thread = Thread.ofPlatform().daemon().name("watch").unstarted(this::watch);
  private volatile boolean isOver;
  private volatile boolean hasTimedOut;

  BootWatch(Execution execution, Pc pc, StandardConsole console, @Nullable Double timeoutSeconds) {
    this.execution = execution;
    this.pc = pc;
    this.console = console;
    hasEnd = timeoutSeconds != null;
    endNanos = System.nanoTime() + (timeoutSeconds == null ? 0 : (long) (timeoutSeconds * NANOS));
  }

  /** Starts to watch. */
  void begin() {
    thread.start();
  }

  private void watch() {
    while (!isOver) {
      LockSupport.parkNanos(this, PERIOD_NANOS);
      console.flush();
      if (console.hasInput()) {
        pc.consoleHasInput();
      }
      if (hasEnd && System.nanoTime() - endNanos >= 0 && !pc.hasEnded()) {
        hasTimedOut = true;
        pc.stop();
      }
      try {
        execution.checkStopped();
      } catch (StoppedException e) {
        pc.stop();
      }
    }
  }

  /** Whether it has ended the machine because its time was over. */
  boolean hasTimedOut() {
    return hasTimedOut;
  }

  /** Watches no more. */
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
  }
}
