package dev.gnomon.checker.schedule;

import java.util.Arrays;

/** With which movers a race may be reversed: the initials of a source set. */
final class Initials {
  private static final int NONE = Location.NONE;

  private final Trace trace;

  Initials(Trace trace) {
    this.trace = trace;
  }

  /**
   * The movers with which to begin, instead of event {@code first}, in order to come to where
   * {@code second} happens before it: those whose next step after {@code first} neither depends on
   * it nor on any other step before {@code second} (Abdulla, Aronis, Jonsson, Sagonas: Source sets,
   * JACM 2017, initials of notdep(first).second).
   */
  int of(int first, int second) {
    int initials = 0;
    int met = 0;
    int[] firstSequence = new int[trace.movers()];
    Arrays.fill(firstSequence, Integer.MAX_VALUE);
    for (int k = first + 1; k < second; k++) {
      int by = trace.mover(k);
      if (!trace.happensBefore(first, k) && (met & 1 << by) == 0) {
        met |= 1 << by;
        if (dependsOnNoneFrom(k, firstSequence)) {
          initials |= 1 << by;
        }
      }
      if (firstSequence[by] == Integer.MAX_VALUE) {
        firstSequence[by] = trace.sequence(k);
      }
    }
    int by = trace.mover(second);
    if ((met & 1 << by) == 0 && isInitialWithout(first, second, firstSequence)) {
      initials |= 1 << by;
    }
    return initials;
  }

  private boolean dependsOnNoneFrom(int event, int[] firstSequence) {
    for (int i = 0; i < trace.movers(); i++) {
      if (i != trace.mover(event) && trace.known(event, i) >= firstSequence[i]) {
        return false;
      }
    }
    return true;
  }

  /** Whether the second event needs nothing that came after the first, but for the first itself. */
  private boolean isInitialWithout(int first, int second, int[] firstSequence) {
    int previous = trace.previousOfMover(second);
    if (previous > first) {
      return false;
    }
    if (previous != NONE && !dependsOnNoneFrom(previous, firstSequence)) {
      return false;
    }
    Location location = trace.location(second);
    if (location != null) {
      for (int k = first + 1; k < second; k++) {
        Location other = trace.location(k);
        if (other != null
            && !trace.happensBefore(first, k)
            && Location.conflicts(other, trace.isWrite(k), location, trace.isWrite(second))) {
          return false;
        }
      }
    }
    return true;
  }
}
