package dev.gnomon.checker.schedule;

import jdk.internal.vm.Continuation;
import jdk.internal.vm.ContinuationScope;

/**
 * A body that runs on the thread that explores, and stops in the middle when it is told to.
 *
 * <p>It may not stop inside a monitor, a native frame or a class initialiser: the thread below
 * would have to stop with it.
 */
final class Coroutine extends Continuation {
  private static final ContinuationScope SCOPE = new ContinuationScope("gnomon");

  private final String name;

  Coroutine(String name, Runnable body) {
    super(SCOPE, body);
    this.name = name;
  }

  /** Stops the coroutine that is running, until it is run again. */
  static void pause() {
    Continuation.yield(SCOPE);
  }

  @Override
  protected void onPinned(Pinned reason) {
    throw new CheckerException(
        name
            + " would have to stop inside a "
            + switch (reason) {
              case NATIVE -> "native method or class initialiser";
              case MONITOR -> "monitor";
              default -> "critical section (" + reason + ")";
            }
            + Places.here());
  }
}
