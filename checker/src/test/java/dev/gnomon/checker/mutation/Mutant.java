package dev.gnomon.checker.mutation;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A deliberate fault.
 *
 * @param name short, with dashes
 * @param what is wrong, in a line
 * @param violates labels of properties: one of them must be found violated
 * @param scenario the one of the corpus that is to find it
 * @param rules under which, where not under the scenario's own
 * @param faults what is changed
 * @param survives why nothing can find it; empty if the scenario must
 */
record Mutant(
    String name,
    String what,
    Set<String> violates,
    String scenario,
    Map<String, String> rules,
    List<Fault> faults,
    String survives) {

  /** A mutant that nothing finds yet. */
  static Mutant of(String name, String what, Fault... faults) {
    return new Mutant(name, what, Set.of(), "", Map.of(), List.of(faults), "");
  }

  /** What must be found. */
  Mutant violating(String... labels) {
    return new Mutant(name, what, Set.of(labels), scenario, rules, faults, survives);
  }

  /** Where it must be found. */
  Mutant foundBy(String newScenario) {
    return new Mutant(name, what, violates, newScenario, rules, faults, survives);
  }

  /** Under which value of a rule. */
  Mutant under(String rule, String value) {
    return new Mutant(name, what, violates, scenario, Map.of(rule, value), faults, survives);
  }

  /** Why it is no fault. */
  Mutant survivingBecause(String reason) {
    return new Mutant(name, what, violates, scenario, rules, faults, reason);
  }

  @Override
  public String toString() {
    return name;
  }
}
