package dev.gnomon.checker.schedule;

import org.jspecify.annotations.Nullable;

/** Decides who goes next, and what nature chooses. */
interface Director {
  /** Answer of {@link #next}: what would come was, or will be, explored elsewhere. */
  int REDUNDANT = -1;

  /**
   * Who goes next.
   *
   * @param enabled the movers that can go, as bits; not 0
   * @param current the CPU that went last in this phase, or -1
   */
  int next(int enabled, int current);

  /** The outcome of a choice of nature, below {@code n}. */
  int choose(int n);

  /** The number of the decision that the step being taken comes from. */
  int position();

  /** Whether that step has not been taken in an earlier execution that began alike. */
  boolean isNew();

  /** Told after each step. */
  void happened(int mover, Operation operation, @Nullable Location location, boolean writes);
}
