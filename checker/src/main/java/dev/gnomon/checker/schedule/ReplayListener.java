package dev.gnomon.checker.schedule;

import java.util.function.LongUnaryOperator;

/** Sees an execution that is replayed. */
@FunctionalInterface
public interface ReplayListener {
  /**
   * A step was taken.
   *
   * @param step which
   * @param memory gives the word of memory at an hpa, without a step
   */
  void stepped(Step step, LongUnaryOperator memory);
}
