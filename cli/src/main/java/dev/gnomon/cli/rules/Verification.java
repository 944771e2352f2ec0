package dev.gnomon.cli.rules;

import dev.gnomon.cli.check.Answer;
import dev.gnomon.cli.check.Question;
import dev.gnomon.cli.check.ScenarioText;
import dev.gnomon.cli.usage.UserRules;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The product: every value of every rule against every scenario that is about the rule, and besides
 * whatever those scenarios name. A scenario under the same rules is explored once, however it is
 * come by; under another memory model than its own too, where it says what is expected there.
 */
final class Verification {
  private final RuleBook book;
  private final Map<Question.Subject, Question> questions = new LinkedHashMap<>();

  Verification(RuleBook book) {
    this.book = book;
    List<ScenarioText> scenarios =
        book.all().stream().flatMap(entry -> entry.about().stream()).distinct().toList();
    for (ScenarioText scenario : scenarios) {
      Question.named(scenario, null).forEach(this::add);
      for (RuleEntry entry : book.all()) {
        if (entry.about().contains(scenario)) {
          add(product(scenario, entry));
        }
      }
    }
  }

  /** What a file names comes first, with what it expects. */
  private void add(Question question) {
    questions.putIfAbsent(question.subject(), question);
  }

  private static Question product(ScenarioText scenario, RuleEntry entry) {
    return Question.own(scenario, List.of(entry.assignment()), UserRules.NONE, null);
  }

  /** What is to be explored. */
  List<Question> questions() {
    return List.copyOf(questions.values());
  }

  /** What the answers come to, for each value. */
  List<Settlement> settle(List<Answer> answers) {
    Map<Question.Subject, Answer> byKey = new LinkedHashMap<>();
    answers.forEach(answer -> byKey.put(answer.question().subject(), answer));
    List<Settlement> settlements = new ArrayList<>();
    for (RuleEntry entry : book.all()) {
      List<Answer> about = new ArrayList<>();
      for (ScenarioText scenario : entry.about()) {
        Question.Subject product = product(scenario, entry).subject();
        for (Map.Entry<Question.Subject, Answer> each : byKey.entrySet()) {
          if (each.getKey().isLikeButForModel(product)) {
            about.add(each.getValue());
          }
        }
      }
      settlements.add(new Settlement(entry, about));
    }
    return settlements;
  }
}
