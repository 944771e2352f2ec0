package dev.gnomon.checker.schedule;

import dev.gnomon.checker.property.Violation;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Executions by chance, on several carriers. The n-th has a seed of its own, whoever runs it. */
final class ChanceSearch {
  private final Limits limits;
  private final long seed;
  private final int raceDepth;
  private final AtomicLong next = new AtomicLong();
  private @Nullable Violation violation;
  private @Nullable Schedule schedule;
  private @Nullable RuntimeException failure;
  private volatile boolean isOver;
  private int maxDepth;

  ChanceSearch(Limits limits, long seed, int raceDepth) {
    this.limits = limits;
    this.seed = seed;
    this.raceDepth = raceDepth;
  }

  void explore(Explorer explorer) {
    try {
      while (!isOver && !limits.isReached()) {
        long number = next.getAndIncrement();
        ChanceDirector director =
            new ChanceDirector(seed + number * 0x9E37_79B9_7F4A_7C15L, raceDepth, maxDepth());
        Violation found = explorer.run(director, false);
        limits.count(false, explorer.stage().steps());
        ended(director.schedule(), found);
      }
    } catch (RuntimeException e) {
      fail(e);
    } catch (Error e) {
      isOver = true;
      throw e;
    }
  }

  private synchronized void fail(RuntimeException e) {
    failure = failure == null ? e : failure;
    isOver = true;
  }

  private synchronized void ended(Schedule of, @Nullable Violation found) {
    maxDepth = Math.max(maxDepth, of.length());
    if (found != null && violation == null) {
      violation = found;
      schedule = of;
      isOver = true;
    }
  }

  synchronized @Nullable Violation violation() {
    return violation;
  }

  synchronized @Nullable Schedule schedule() {
    return schedule;
  }

  synchronized @Nullable RuntimeException failure() {
    return failure;
  }

  synchronized int maxDepth() {
    return maxDepth;
  }
}
