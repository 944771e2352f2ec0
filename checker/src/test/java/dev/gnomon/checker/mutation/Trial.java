package dev.gnomon.checker.mutation;

import java.util.Map;

/** Runs scenarios of the corpus on the classes of some loader. */
public interface Trial {
  /** Stands for a property where the checker itself gives up: a loop goes round without waiting. */
  String REFUSED = "refused";

  /**
   * Explores a scenario under sequential consistency or what else it says, until something is
   * violated, all is explored or a limit is reached.
   *
   * @param scenario its name
   * @param rules values of rules by name, where they are not those that the scenario says
   */
  Finding explore(String scenario, Map<String, String> rules, long maxExecutions, long maxMillis);

  /**
   * What an exploration found.
   *
   * @param property the label of the property that was violated; empty if none was
   * @param message how
   * @param isComplete whether nothing was left to explore, or something was found
   * @param executions how many there were, the violating one among them
   * @param millis how long it took
   */
  record Finding(
      String property, String message, boolean isComplete, long executions, long millis) {

    /** Whether anything was violated. */
    boolean isViolation() {
      return !property.isEmpty();
    }
  }
}
