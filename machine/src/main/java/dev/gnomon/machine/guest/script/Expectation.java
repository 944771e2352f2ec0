package dev.gnomon.machine.guest.script;

import java.util.List;
import java.util.stream.Collectors;

/**
 * What an operation may find.
 *
 * @param values any of these; empty: anything
 * @param mayFault whether a guest page fault is right too
 * @param concern what is broken if it finds something else
 */
record Expectation(List<Expression> values, boolean mayFault, Concern concern) {
  static final Expectation ANYTHING = new Expectation(List.of(), false, Concern.EXPECTATION);

  Expectation {
    values = List.copyOf(values);
  }

  /** Whether a value, of which {@code mask} counts, is right. */
  boolean allows(long found, long mask, long[] counters) {
    if (values.isEmpty()) {
      return !mayFault;
    }
    for (Expression value : values) {
      if ((value.value(counters) & mask) == found) {
        return true;
      }
    }
    return false;
  }

  /** What is expected, in hexadecimal. */
  String describe(long mask, long[] counters) {
    String numbers =
        values.stream()
            .map(value -> "0x" + Long.toHexString(value.value(counters) & mask))
            .collect(Collectors.joining(" or "));
    if (!mayFault) {
      return numbers.isEmpty() ? "no fault" : numbers;
    }
    return numbers.isEmpty() ? "fault" : numbers + " or fault";
  }
}
