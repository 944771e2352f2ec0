package dev.gnomon.cli.rules;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gnomon.cli.check.Answer;
import dev.gnomon.cli.check.AnswerJson;
import dev.gnomon.cli.check.ScenarioText;
import dev.gnomon.cli.usage.JsonText;
import java.util.List;
import java.util.Locale;

/** The rules for programs. */
final class RuleJson {
  private RuleJson() {}

  /** What the corpus expects. */
  static String text(RuleBook book) {
    ObjectNode root = JsonText.object();
    ArrayNode values = root.putArray("values");
    book.all().forEach(entry -> put(values.addObject(), entry));
    return JsonText.of(root);
  }

  /** What was found. */
  static String text(List<Settlement> settlements, List<Answer> answers) {
    ObjectNode root = JsonText.object();
    ArrayNode values = root.putArray("values");
    for (Settlement settlement : settlements) {
      ObjectNode node = values.addObject();
      put(node, settlement.entry());
      boolean isNamed = settlement.entry().isNamed();
      node.put("verdict", isNamed ? settlement.verdict().name().toLowerCase(Locale.ROOT) : null);
      node.put("as_expected", settlement.isAsExpected());
      ArrayNode refutedBy = node.putArray("refuted_by");
      settlement
          .refutations()
          .forEach(answer -> refutedBy.add(answer.question().scenario().name()));
    }
    AnswerJson.put(root.putArray("cases"), answers);
    return JsonText.of(root);
  }

  private static void put(ObjectNode node, RuleEntry entry) {
    node.put("rule", entry.rule().name());
    node.put("value", entry.value().label());
    node.put("default", entry.isDefault());
    node.put("history", entry.value().history());
    node.put("expected", entry.isNamed() ? entry.expected().label() : null);
    ArrayNode scenarios = node.putArray("scenarios");
    entry.about().stream().map(ScenarioText::name).forEach(scenarios::add);
  }
}
