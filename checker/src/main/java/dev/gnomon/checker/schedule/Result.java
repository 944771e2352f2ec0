package dev.gnomon.checker.schedule;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What an exploration found.
 *
 * @param executions how many were completed, the violating one among them
 * @param redundant how many were cut short, as they would have repeated others
 * @param steps taken in all of these
 * @param maxDepth the most decisions in one
 * @param elapsed how long it took
 * @param limit what kept it from being complete, in words; null if nothing did
 * @param counterexample null if nothing was violated
 */
public record Result(
    long executions,
    long redundant,
    long steps,
    int maxDepth,
    Duration elapsed,
    @Nullable String limit,
    @Nullable Counterexample counterexample) {

  /**
   * Whether nothing is left to explore. One that ended at a violation is complete too: it has its
   * answer.
   */
  public boolean isComplete() {
    return limit == null;
  }

  /** Whether a property was violated. */
  public boolean isViolated() {
    return counterexample != null;
  }
}
