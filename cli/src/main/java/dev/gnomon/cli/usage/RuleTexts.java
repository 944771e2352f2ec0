package dev.gnomon.cli.usage;

import dev.gnomon.machine.InputException;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.config.RuleSwitch;
import dev.gnomon.mmu.config.RuleValue;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/**
 * The texts of {@code --rule}: {@code NAME=VALUE} sets a switch, to a shipped value or to one of a
 * user's own class; {@code NAME=?} and {@code ?} list.
 */
public final class RuleTexts {
  private static final String QUESTION = "?";

  private RuleTexts() {}

  /**
   * Every rule at its default, but for those that are set. A later text prevails over an earlier
   * one.
   *
   * @param users where values that are not shipped come from
   * @throws InputException for a rule or value that there is none of, with the nearest that there
   *     is
   */
  public static Rules parse(List<String> texts, UserRules users) {
    return apply(Rules.DEFAULTS, texts, users);
  }

  /** As {@link #parse}, from other rules. */
  public static Rules apply(Rules base, List<String> texts, UserRules users) {
    Rules rules = base;
    for (String text : texts) {
      rules = with(rules, rule(text), value(text), users);
    }
    return rules;
  }

  private static <T> Rules with(Rules rules, RuleSwitch<T> rule, String label, UserRules users) {
    return rules
        .with(rule, label)
        .orElseGet(
            () -> {
              if (users.isClassName(label)) {
                return rules.with(rule, users.load(rule, label));
              }
              throw unknownValue(rule, label);
            });
  }

  /**
   * The switch that a text names.
   *
   * @throws InputException if there is no such switch
   */
  public static RuleSwitch<?> rule(String text) {
    String name = text.split("=", 2)[0];
    return Rules.find(name)
        .orElseThrow(
            () ->
                new InputException(
                    "unknown rule '"
                        + name
                        + "'; the nearest known is '"
                        + Nearest.to(name, Rules.SWITCHES.stream().map(RuleSwitch::name).toList())
                        + "' (--rule '?' lists all)"));
  }

  /**
   * The value that a text gives the switch, as it is written.
   *
   * @throws InputException if it gives none
   */
  public static String value(String text) {
    int equals = text.indexOf('=');
    if (equals < 0) {
      throw new InputException(
          "--rule " + text + ": expected NAME=VALUE (--rule '" + text + "=?' lists the values)");
    }
    return text.substring(equals + 1);
  }

  private static InputException unknownValue(RuleSwitch<?> rule, String label) {
    List<String> labels = rule.values().stream().map(RuleSwitch::label).toList();
    return new InputException(
        "unknown value '%s' of rule %s; the nearest known is '%s' (--rule '%s=?' lists all)"
            .formatted(label, rule.name(), Nearest.to(label, labels), rule.name()));
  }

  /** Whether a text asks a question instead of setting a rule. */
  public static boolean isQuestion(String text) {
    return text.equals(QUESTION) || text.endsWith("=" + QUESTION);
  }

  /**
   * Answers the questions among the texts.
   *
   * @throws InputException if one is about an unknown rule
   */
  public static void answer(List<String> texts, PrintWriter out) {
    for (String text : texts) {
      if (text.equals(QUESTION)) {
        listSwitches(out);
      } else if (isQuestion(text)) {
        listValues(rule(text), out);
      }
    }
    out.flush();
  }

  private static void listSwitches(PrintWriter out) {
    for (RuleSwitch<?> rule : Rules.SWITCHES) {
      out.printf(
          Locale.ROOT,
          "%-17s %s (default %s)%n",
          rule.name(),
          rule.subject(),
          RuleSwitch.label(rule.defaultValue()));
    }
  }

  private static void listValues(RuleSwitch<?> rule, PrintWriter out) {
    out.println(rule.name() + ": " + rule.subject());
    for (Object value : rule.values()) {
      String history = value instanceof RuleValue shipped ? shipped.history() : "";
      String mark = value == rule.defaultValue() ? " (default)" : "";
      out.printf(Locale.ROOT, "  %-22s %s%s%n", RuleSwitch.label(value), history, mark);
    }
  }
}
