package dev.gnomon.checker.schedule;

import dev.gnomon.checker.race.CarrierThread;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Runs work on threads of its own. */
final class Carriers {
  private Carriers() {}

  /** How often in a row one is found waiting for the same monitor until it is given up. */
  private static final int PATIENCE = 10;

  private static final long LOOK_MILLIS = 200;

  /** Runs one piece of work; an interrupt of the caller stops what heeds the limits. */
  static void run(Runnable work, Limits limits) {
    run(List.of(work), () -> {}, LOOK_MILLIS, limits);
  }

  /**
   * Returns when all have ended; looks in meanwhile. An interrupt stops them.
   *
   * @throws CheckerException if a body waits for a monitor for ever: the thread that carries it
   *     stays behind
   */
  static void run(List<Runnable> work, Runnable look, long millis, Limits limits) {
    List<Carrier> threads = work.stream().map(Carrier::new).toList();
    threads.forEach(Thread::start);
    boolean isInterrupted = false;
    for (Carrier thread : threads) {
      while (thread.isAlive()) {
        try {
          thread.join(millis);
          if (thread.isAlive()) {
            look.run();
            threads.forEach(each -> each.requireProgress(limits));
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
    private static final StackTraceElement[] NOWHERE = {};

    private final Runnable work;
    private volatile @Nullable Throwable failure;
    private @Nullable StackTraceElement waitsAt;
    private int waits;

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

    /** A body that stopped inside a monitor leaves it only when it goes on: here, never. */
    void requireProgress(Limits limits) {
      StackTraceElement[] trace = getState() == State.BLOCKED ? getStackTrace() : NOWHERE;
      StackTraceElement place = trace.length == 0 ? null : trace[0];
      waits = place != null && place.equals(waitsAt) && !isOfExplorer(place) ? waits + 1 : 0;
      waitsAt = place;
      if (waits > PATIENCE) {
        limits.stop("refused");
        throw new CheckerException(
            "a body waits for a monitor, at "
                + place
                + ", in which another was stopped: there may be none in what is explored");
      }
    }

    private static boolean isOfExplorer(StackTraceElement place) {
      return place.getClassName().equals(Tree.class.getName())
          || place.getClassName().equals(ChanceSearch.class.getName());
    }

    @Nullable Throwable failure() {
      return failure;
    }
  }
}
