package dev.gnomon.checker.schedule;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * All that was decided in an execution: who went next each time, and what nature chose. With it the
 * same program takes the same steps.
 */
public final class Schedule {
  private final int[] decisions;

  private Schedule(int[] decisions) {
    this.decisions = decisions;
  }

  /** The schedule with these decisions. */
  public static Schedule of(int... decisions) {
    return new Schedule(decisions.clone());
  }

  /**
   * Its decisions: CPU numbers (under TSO, of a CPU's buffer: its number plus that of all CPUs).
   */
  public IntStream decisions() {
    return Arrays.stream(decisions);
  }

  int length() {
    return decisions.length;
  }

  int decision(int at) {
    return decisions[at];
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Schedule schedule && Arrays.equals(decisions, schedule.decisions);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(decisions);
  }

  @Override
  public String toString() {
    return Arrays.toString(decisions);
  }
}
