package dev.gnomon.cli.rules;

import dev.gnomon.checker.litmus.ExpectedVerdict;
import dev.gnomon.checker.litmus.LitmusCase;
import dev.gnomon.checker.property.Property;
import dev.gnomon.checker.schedule.MemoryModel;
import dev.gnomon.cli.check.ScenarioText;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.config.RuleSwitch;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * A line of the corpus that expects a verdict on a value.
 *
 * @param scenario where it stands
 * @param named what it says; the value is the first that it names
 */
record Naming(ScenarioText scenario, LitmusCase named) {

  boolean isViolation() {
    return named.expected() == ExpectedVerdict.VIOLATED;
  }

  /** Whether it is about the value alone, not about what it does together with another. */
  boolean isAboutOne() {
    return named.assignments().size() == 1;
  }

  /** {@code lost-dirty-bit (no-write-lost; pfn-dirty=on-clear)}. */
  String describe() {
    String properties =
        named.properties().stream()
            .sorted()
            .map(Property::label)
            .collect(Collectors.joining(" or "));
    String context = context();
    String inside =
        properties.isEmpty() || context.isEmpty()
            ? properties + context
            : properties + "; " + context;
    return scenario.name() + (inside.isEmpty() ? "" : " (" + inside + ")");
  }

  /** What else is not at its default there: {@code pfn-dirty=on-clear, under tso}. */
  private String context() {
    Rules rules = named.applyTo(scenario.litmus().rules());
    String others =
        Rules.SWITCHES.stream()
            .filter(rule -> !rule.name().equals(named.rule()))
            .filter(rule -> rules.get(rule) != rule.defaultValue())
            .map(rule -> rule.name() + "=" + RuleSwitch.label(rules.get(rule)))
            .collect(Collectors.joining(" "));
    if (named.models().size() == MemoryModel.values().length) {
      return others;
    }
    String models =
        named.models().stream()
            .map(model -> "under " + model.name().toLowerCase(Locale.ROOT))
            .collect(Collectors.joining(" "));
    return others.isEmpty() ? models : others + " " + models;
  }
}
