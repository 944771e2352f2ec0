package dev.gnomon.bench;

/**
 * What is required of a number.
 *
 * @param isUpper whether it may not be larger, or not smaller
 * @param required the bound
 * @param goal a stricter one that would be welcome; the same if there is none
 */
record Bound(boolean isUpper, double required, double goal) {

  static Bound atMost(double required) {
    return new Bound(true, required, required);
  }

  static Bound atMost(double required, double goal) {
    return new Bound(true, required, goal);
  }

  static Bound atLeast(double required) {
    return new Bound(false, required, required);
  }

  boolean hasGoal() {
    return goal != required;
  }

  boolean isMet(double measured) {
    return isUpper ? measured <= required : measured >= required;
  }

  boolean isGoalMet(double measured) {
    return isUpper ? measured <= goal : measured >= goal;
  }
}
