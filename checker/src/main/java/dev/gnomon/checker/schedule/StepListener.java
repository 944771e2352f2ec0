package dev.gnomon.checker.schedule;

import org.jspecify.annotations.Nullable;

/** Sees each step of an execution just after it was taken, while nothing else moves. */
interface StepListener {
  void stepped(
      Mover mover,
      Operation operation,
      @Nullable Location location,
      boolean writes,
      long before,
      long after);

  void chose(Mover mover, int outcomes, int chosen);

  /** An access to a frame that was freed ends the execution. */
  default void refused(Mover mover, Location location) {}
}
