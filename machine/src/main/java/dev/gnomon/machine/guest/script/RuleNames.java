package dev.gnomon.machine.guest.script;

import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.config.RuleSwitch;
import java.util.stream.Collectors;

/** Reads names of rules and of their shipped values. */
public final class RuleNames {
  private RuleNames() {}

  /**
   * Takes the name of a rule.
   *
   * @throws dev.gnomon.machine.InputException if there is none
   */
  public static RuleSwitch<?> rule(Tokens tokens) {
    Token name = tokens.word("the name of a rule");
    return Rules.find(name.text())
        .orElseThrow(
            () ->
                tokens.error(
                    name,
                    "expected "
                        + Rules.SWITCHES.stream()
                            .map(RuleSwitch::name)
                            .collect(Collectors.joining(", "))
                        + ", found "
                        + name.describe()));
  }

  /**
   * Takes the name of one of a rule's shipped values.
   *
   * @throws dev.gnomon.machine.InputException if there is none
   */
  public static String value(Tokens tokens, RuleSwitch<?> rule) {
    Token value = tokens.word("a value of " + rule.name());
    if (rule.values().stream().map(RuleSwitch::label).noneMatch(value.text()::equals)) {
      throw tokens.error(
          value,
          "expected "
              + rule.values().stream().map(RuleSwitch::label).collect(Collectors.joining(", "))
              + ", found "
              + value.describe());
    }
    return value.text();
  }
}
