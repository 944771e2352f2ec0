package dev.gnomon.checker.report;

import dev.gnomon.checker.property.Property;
import dev.gnomon.checker.schedule.Step;
import java.util.ArrayList;
import java.util.List;

/**
 * Which steps a short report leaves out, as is known only in hindsight: read sections, if what
 * broke is not about the lifetime of what they protect; locks that were held while nothing
 * happened.
 */
final class Relevance {
  private Relevance() {}

  /** The moments, with those that a short report may leave out marked so. */
  static List<Moment> judge(List<Moment> moments, Property broken) {
    List<Moment> judged = new ArrayList<>(moments);
    if (!needsReadSections(broken)) {
      judged.replaceAll(each -> each.subject() == Subject.READ_SECTION ? each.minor() : each);
    }
    if (broken != Property.PROGRESS) {
      for (int i = 0; i < judged.size(); i++) {
        if (judged.get(i).step().kind() == Step.Kind.LOCK) {
          dropEmptySection(judged, i);
        }
      }
    }
    return judged;
  }

  private static boolean needsReadSections(Property broken) {
    return switch (broken) {
      case NO_USE_AFTER_FREE, NO_STALE_TRANSLATION, NO_DATA_RACE, PROGRESS -> true;
      default -> false;
    };
  }

  private static void dropEmptySection(List<Moment> moments, int lock) {
    Step taken = moments.get(lock).step();
    for (int i = lock + 1; i < moments.size(); i++) {
      Moment each = moments.get(i);
      if (each.step().cpu() == taken.cpu()) {
        if (each.step().kind() == Step.Kind.UNLOCK && each.step().target().equals(taken.target())) {
          moments.set(lock, moments.get(lock).minor());
          moments.set(i, each.minor());
          return;
        }
        if (!each.isMinor()) {
          return;
        }
      }
    }
  }
}
