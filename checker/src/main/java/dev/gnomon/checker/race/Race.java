package dev.gnomon.checker.race;

import dev.gnomon.checker.property.Property;
import dev.gnomon.checker.property.Violation;
import java.util.function.IntFunction;

/**
 * Two accesses to a variable, one of them a write, by two CPUs, that nothing orders.
 *
 * @param variable what was raced for: {@code RetiredQueue.size}, {@code long[][5]} for element 5 of
 *     an array, {@code Map} for a collection as a whole
 * @param earlier which came first in this execution
 * @param later the one at which the race was found
 */
public record Race(String variable, Access earlier, Access later) {

  /**
   * One of the two.
   *
   * @param cpu who, an index of the platform's, or {@link RaceDetector#main}
   * @param isWrite whether it was a write
   * @param place the line of code: {@code RetiredQueue.add:26}
   */
  public record Access(int cpu, boolean isWrite, String place) {

    private String describe(IntFunction<String> names) {
      return (isWrite ? "written by " : "read by ") + names.apply(cpu) + " at " + place;
    }
  }

  /** Says it in a line. */
  public String describe(IntFunction<String> names) {
    return variable
        + " is "
        + earlier.describe(names)
        + ", then "
        + later.describe(names)
        + ", and nothing orders the two";
  }

  /**
   * As a violation of {@link Property#NO_DATA_RACE}.
   *
   * @param names what each CPU is called
   */
  public Violation violation(IntFunction<String> names) {
    return new Violation(Property.NO_DATA_RACE, describe(names));
  }

  @Override
  public String toString() {
    return describe(cpu -> "CPU " + cpu);
  }
}
