package dev.gnomon.checker.schedule;

import dev.gnomon.checker.property.Violation;
import dev.gnomon.machine.thread.Execution;
import org.jspecify.annotations.Nullable;

/**
 * What is explored: a small concurrent program, run again and again from its beginning, each time
 * on a fresh execution.
 *
 * <p>All that it does must follow from what it reads through the port: no clock, no randomness, no
 * identity hashes, no state kept from one run to the next. Several carriers may run it at once.
 */
@FunctionalInterface
public interface Program {
  /**
   * Runs once: prepares, starts bodies, joins them, checks.
   *
   * @param execution on which nothing has run yet
   * @return what was violated, or null. A body or the program itself may also throw: an {@link
   *     AssertionError} or an exception is a violation.
   */
  @Nullable Violation run(Execution execution);
}
