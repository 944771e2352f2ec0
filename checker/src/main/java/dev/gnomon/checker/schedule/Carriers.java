package dev.gnomon.checker.schedule;

import dev.gnomon.checker.race.CarrierThread;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Runs work on threads of its own. */
final class Carriers {
  private Carriers() {}

  /** Runs one piece of work; an interrupt of the caller waits until it has ended. */
  static void run(Runnable work) {
    run(List.of(work), () -> {}, 0, new Limits(Long.MAX_VALUE, Duration.ZERO));
  }

  /** Returns when all have ended; looks in meanwhile. An interrupt stops them. */
  static void run(List<Runnable> work, Runnable look, long millis, Limits limits) {
    List<Carrier> threads = work.stream().map(Carrier::new).toList();
    threads.forEach(Thread::start);
    boolean isInterrupted = false;
    for (Thread thread : threads) {
      while (thread.isAlive()) {
        try {
          thread.join(millis);
          if (thread.isAlive()) {
            look.run();
          }
        } catch (InterruptedException e) {
          isInterrupted = true;
          limits.stop("interrupted");
        }
      }
    }
    if (isInterrupted) {
      Thread.currentThread().interrupt();
    }
    for (Carrier thread : threads) {
      Throwable failure = thread.failure();
      if (failure instanceof Error error) {
        throw error;
      }
      if (failure instanceof RuntimeException exception) {
        throw exception;
      }
    }
  }

  /** A thread that carries coroutines. */
  private static final class Carrier extends CarrierThread {
    private final Runnable work;
    private volatile @Nullable Throwable failure;

    Carrier(Runnable work) {
      super(null, "carrier");
      this.work = work;
      setDaemon(true);
    }

    @Override
    public void run() {
      try {
        work.run();
      } catch (RuntimeException | Error e) {
        failure = e;
      }
    }

    @Nullable Throwable failure() {
      return failure;
    }
  }
}
