package dev.gnomon.cli.kvm;

import dev.gnomon.machine.kvm.Kick;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Ends a guest that runs too long: a thread that kicks it once the time is over. */
final class TimeLimit implements AutoCloseable {
  private final Kick kick;
  private final CountDownLatch isDone = new CountDownLatch(1);
  private final Thread watch;
  private volatile boolean isOver;

  /** The time begins. Called by the thread that runs the guest. */
  TimeLimit(Kick kick, int seconds) {
    this.kick = kick;
    watch = new Thread(() -> watch(seconds), "time limit");
    watch.setDaemon(true);
    watch.start();
  }

  private void watch(int seconds) {
    try {
      if (!isDone.await(seconds, TimeUnit.SECONDS)) {
        stop();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends the guest now. Any thread may call, until {@link #close}. */
  void stop() {
    isOver = true;
    kick.send();
  }

  /** Whether the guest has to end. */
  boolean isOver() {
    return isOver;
  }

  /** The guest has ended; nobody kicks any more when this returns. */
  @Override
  public void close() {
    isDone.countDown();
    boolean wasInterrupted = false;
    while (true) {
      try {
        watch.join();
        break;
      } catch (InterruptedException e) {
        wasInterrupted = true;
      }
    }
    if (wasInterrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
