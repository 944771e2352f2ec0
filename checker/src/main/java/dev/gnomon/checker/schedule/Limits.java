package dev.gnomon.checker.schedule;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Counts what was explored, and says when it is enough. For all carriers. */
final class Limits {
  private final long maxExecutions;
  private final long maxNanos;
  private final long start = System.nanoTime();
  private final AtomicLong executions = new AtomicLong();
  private final AtomicLong redundant = new AtomicLong();
  private final AtomicLong steps = new AtomicLong();
  private volatile @Nullable String reached;

  Limits(long maxExecutions, Duration maxTime) {
    this.maxExecutions = maxExecutions;
    maxNanos = maxTime.toNanos();
  }

  void count(boolean isRedundant, long stepsOfOne) {
    (isRedundant ? redundant : executions).incrementAndGet();
    steps.addAndGet(stepsOfOne);
  }

  /** Ends it from outside. */
  void stop(String reason) {
    if (reached == null) {
      reached = reason;
    }
  }

  boolean isReached() {
    if (reached == null) {
      if (executions.get() + redundant.get() >= maxExecutions) {
        stop(maxExecutions + " executions");
      } else if (System.nanoTime() - start > maxNanos) {
        stop(Duration.ofNanos(maxNanos).toMillis() / 1000.0 + " s");
      }
    }
    return reached != null;
  }

  /** What ended it, or null. */
  @Nullable String reached() {
    return reached;
  }

  long executions() {
    return executions.get();
  }

  long redundant() {
    return redundant.get();
  }

  long steps() {
    return steps.get();
  }

  Duration elapsed() {
    return Duration.ofNanos(System.nanoTime() - start);
  }

  Progress progress(int depth, double fraction) {
    return new Progress(executions(), redundant(), steps(), depth, fraction, elapsed());
  }
}
