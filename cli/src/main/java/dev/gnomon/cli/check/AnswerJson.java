package dev.gnomon.cli.check;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gnomon.checker.schedule.Counterexample;
import dev.gnomon.checker.schedule.Result;
import dev.gnomon.cli.usage.JsonText;
import java.util.List;

/** Answers for programs. */
public final class AnswerJson {
  private AnswerJson() {}

  /** The report of a run. */
  static String text(List<Answer> answers, int questions, SearchPlan plan, double seconds) {
    ObjectNode root = JsonText.object();
    root.put("mode", Labels.of(plan.mode()));
    root.put("seed", plan.isRandom() ? plan.seed() : null);
    root.put("carriers", plan.carriers());
    root.put("races", plan.findsRaces());
    root.put("questions", questions);
    root.put("unexpected", answers.stream().filter(Answer::isUnexpected).count());
    root.put("seconds", seconds);
    put(root.putArray("cases"), answers);
    return JsonText.of(root);
  }

  /** Adds an object for each answer. */
  public static void put(ArrayNode array, List<Answer> answers) {
    answers.forEach(answer -> put(array.addObject(), answer));
  }

  private static void put(ObjectNode node, Answer answer) {
    Question question = answer.question();
    Result result = answer.result();
    node.put("scenario", question.scenario().name());
    node.put("rule", question.rule());
    node.put("value", question.value());
    node.put("threads", question.scenario().litmus().threads());
    node.put("verdict", answer.describe().replaceFirst(" \\(.*", ""));
    node.put(
        "expected",
        question.expectation() == null ? null : question.expectation().expected().label());
    node.put("complete", result != null && result.isComplete());
    node.put("executions", result == null ? 0 : result.executions());
    node.put("steps", result == null ? 0 : result.steps());
    node.put("seconds", result == null ? 0 : Numbers.inSeconds(result.elapsed()));
    node.put("rules", question.rules().describe());
    node.put("memory_model", Labels.of(question.model()));
    node.put("as_expected", question.expectation() == null ? null : answer.isAsExpected());
    node.put("redundant", result == null ? 0 : result.redundant());
    node.put("max_depth", result == null ? 0 : result.maxDepth());
    node.put("repeated", answer.isRepeated());
    node.put("limit", result == null ? answer.error() : result.limit());
    putViolation(node, answer);
  }

  private static void putViolation(ObjectNode node, Answer answer) {
    boolean isViolated = answer.verdict() == Answer.Verdict.VIOLATED;
    Counterexample found = isViolated ? answer.counterexample() : null;
    node.put("property", found == null ? null : found.violation().property().label());
    node.put("message", found == null ? null : found.violation().message());
    if (found != null) {
      node.put("preemptions", found.preemptions());
      node.put("counterexample_steps", found.steps());
      node.put("shortest", found.isShortest());
    }
  }
}
