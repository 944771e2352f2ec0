package dev.gnomon.machine.guest.script;

import java.util.ArrayList;
import java.util.List;

/** What one who runs operations found to be wrong. Used by one CPU at a time. */
final class Findings {
  /** A loop can violate its expectation a million times. */
  private static final int MOST = 100;

  private final String who;
  private final List<Violation> violations = new ArrayList<>();

  Findings(String who) {
    this.who = who;
  }

  void violated(Concern concern, int line, String expected, String found) {
    if (violations.size() < MOST) {
      violations.add(new Violation(concern, line, who, expected, found));
    }
  }

  /** Checks a value, of which {@code mask} counts. */
  void check(int line, Expectation expectation, long found, long mask, long[] counters) {
    boolean isChecked = !expectation.values().isEmpty() || expectation.mayFault();
    if (isChecked && !expectation.allows(found, mask, counters)) {
      violated(
          expectation.concern(),
          line,
          expectation.describe(mask, counters),
          "0x" + Long.toHexString(found));
    }
  }

  List<Violation> violations() {
    return violations;
  }
}
