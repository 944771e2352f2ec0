package dev.gnomon.cli.rules;

import dev.gnomon.cli.check.ScenarioText;
import dev.gnomon.cli.usage.RuleTexts;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.config.RuleSwitch;
import dev.gnomon.mmu.config.RuleValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The rules, with what the corpus says about each of their values. */
final class RuleBook {
  private final Map<RuleSwitch<?>, List<RuleEntry>> entries = new LinkedHashMap<>();

  /**
   * The rules of these names, or all of them if there are none.
   *
   * @param corpus the scenarios that there are
   * @param takesAll whether each of them is taken to be about every rule
   * @throws dev.gnomon.machine.InputException if there is no such rule
   */
  RuleBook(List<String> names, List<ScenarioText> corpus, boolean takesAll) {
    List<RuleSwitch<?>> rules = new ArrayList<>();
    for (String name : names) {
      rules.add(RuleTexts.rule(name));
    }
    for (RuleSwitch<?> rule : names.isEmpty() ? Rules.SWITCHES : rules) {
      List<ScenarioText> about =
          takesAll ? corpus : corpus.stream().filter(each -> each.isAbout(rule.name())).toList();
      entries.put(rule, entries(rule, about));
    }
  }

  private static List<RuleEntry> entries(RuleSwitch<?> rule, List<ScenarioText> about) {
    List<RuleEntry> entries = new ArrayList<>();
    for (Object value : rule.values()) {
      if (value instanceof RuleValue shipped) {
        entries.add(new RuleEntry(rule, shipped, about, namings(rule, shipped.label(), about)));
      }
    }
    return List.copyOf(entries);
  }

  private static List<Naming> namings(RuleSwitch<?> rule, String value, List<ScenarioText> about) {
    return about.stream()
        .flatMap(each -> each.litmus().cases().stream().map(named -> new Naming(each, named)))
        .filter(each -> each.named().rule().equals(rule.name()))
        .filter(each -> each.named().value().equals(value))
        .toList();
  }

  /** The rules. */
  List<RuleSwitch<?>> rules() {
    return List.copyOf(entries.keySet());
  }

  /** The values of a rule, in the order of their history. */
  List<RuleEntry> values(RuleSwitch<?> rule) {
    return entries.getOrDefault(rule, List.of());
  }

  /** All values of all rules. */
  List<RuleEntry> all() {
    return entries.values().stream().flatMap(List::stream).toList();
  }
}
