package dev.gnomon.checker.litmus;

import dev.gnomon.checker.property.Property;
import dev.gnomon.checker.property.Violation;
import dev.gnomon.checker.schedule.CheckerException;
import dev.gnomon.machine.guest.script.Concern;
import dev.gnomon.machine.guest.script.ScriptResult;
import dev.gnomon.machine.lockstep.DeadlockException;
import dev.gnomon.machine.lockstep.LivelockException;
import org.jspecify.annotations.Nullable;

/** What a run of a script found, as a property that did not hold. */
final class Findings {
  private Findings() {}

  /**
   * The violation that counts, or null: what an operation found comes before the audit, which comes
   * before what was thrown.
   */
  static @Nullable Violation violation(ScriptResult result) {
    RuntimeException failure = result.failure();
    if (failure instanceof CheckerException) {
      throw failure;
    }
    if (failure == null && result.violations().isEmpty() && result.audit().isEmpty()) {
      return null;
    }
    if (!result.violations().isEmpty()) {
      var first = result.violations().getFirst();
      return new Violation(property(first.concern()), first.toString());
    }
    if (!result.audit().isEmpty()) {
      return new Violation(Property.STRUCTURE, String.join("\n", result.audit()));
    }
    boolean isStuck = failure instanceof DeadlockException || failure instanceof LivelockException;
    return new Violation(isStuck ? Property.PROGRESS : Property.STRUCTURE, String.valueOf(failure));
  }

  private static Property property(Concern concern) {
    return switch (concern) {
      case NO_WRITE_LOST -> Property.NO_WRITE_LOST;
      case WRITE_TRACKING -> Property.WRITE_TRACKING;
      case NO_STALE_TRANSLATION -> Property.NO_STALE_TRANSLATION;
      case GUEST_TABLES -> Property.GUEST_TABLES;
      case EXPECTATION -> Property.EXPECTATION;
    };
  }
}
