package dev.gnomon.cli.rules;

import dev.gnomon.checker.litmus.ExpectedVerdict;
import dev.gnomon.cli.check.ScenarioText;
import dev.gnomon.mmu.config.RuleSwitch;
import dev.gnomon.mmu.config.RuleValue;
import java.util.List;

/**
 * A value of a rule, and what the corpus says about it.
 *
 * @param rule the rule
 * @param value of it, a shipped one
 * @param about the scenarios that are about the rule
 * @param namings the lines whose first value it is
 */
record RuleEntry(
    RuleSwitch<?> rule, RuleValue value, List<ScenarioText> about, List<Naming> namings) {

  RuleEntry {
    about = List.copyOf(about);
    namings = List.copyOf(namings);
  }

  boolean isDefault() {
    return value == rule.defaultValue();
  }

  /** {@code volatile=any-ad-clear}. */
  String assignment() {
    return rule.name() + "=" + value.label();
  }

  /** The lines that refute it. */
  List<Naming> refutations() {
    return namings.stream().filter(each -> each.isViolation() && each.isAboutOne()).toList();
  }

  /** The lines that say what it does together with a value of another rule. */
  List<Naming> refutedCombinations() {
    return namings.stream().filter(each -> each.isViolation() && !each.isAboutOne()).toList();
  }

  /** Whether the corpus says anything about the rule. */
  boolean isNamed() {
    return !about.isEmpty();
  }

  /** What the corpus expects. */
  ExpectedVerdict expected() {
    return refutations().isEmpty() ? ExpectedVerdict.SAFE : ExpectedVerdict.VIOLATED;
  }
}
