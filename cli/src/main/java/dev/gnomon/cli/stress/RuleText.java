package dev.gnomon.cli.stress;

import dev.gnomon.machine.InputException;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.config.RuleSwitch;

final class RuleText {
  private RuleText() {}
  static RuleSwitch<?> rule(String text) {
    return Rules.find(text.split("=", 2)[0]).orElseThrow(() -> new InputException("no rule in " + text));
  }
  static Rules apply(Rules rules, String text) {
    return rules.with(rule(text), text.split("=", 2)[1]).orElseThrow(() -> new InputException("no value in " + text));
  }
}
