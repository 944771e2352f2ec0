package dev.gnomon.bench;

import org.jspecify.annotations.Nullable;

/**
 * A number that was measured.
 *
 * @param name of the measurement that it comes from
 * @param what is measured
 * @param measured the number
 * @param unit what it counts, for people; empty for a ratio
 * @param bound what is required of it, or null
 */
record Finding(String name, String what, double measured, String unit, @Nullable Bound bound) {

  /** A number of which nothing is required. */
  static Finding of(String name, String what, double measured, String unit) {
    return new Finding(name, what, measured, unit, null);
  }

  boolean isMissed() {
    return bound != null && !bound.isMet(measured);
  }

  /** In a word or two; empty if nothing is required. */
  String verdict() {
    if (bound == null) {
      return "";
    }
    if (isMissed()) {
      return "MISSED";
    }
    return bound.hasGoal() && bound.isGoalMet(measured) ? "ok, goal met" : "ok";
  }
}
