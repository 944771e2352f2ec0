package dev.gnomon.cli.check;

import dev.gnomon.checker.schedule.Mode;
import dev.gnomon.checker.schedule.Result;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Answers as text: under each scenario's name a line for each of its questions, and a summary at
 * the end. 100 columns wide, where no long bound makes a line longer.
 */
final class AnswerTable {
  private static final int WIDTH = 100;
  private static final int RULES_WIDTH = 36;
  private static final String LINE = "  %-36s %-31s %-8s %11s %8s";

  private final PrintWriter out;
  private final Paint paint;
  private @Nullable ScenarioText last;

  AnswerTable(PrintWriter out, Paint paint) {
    this.out = out;
    this.paint = paint;
  }

  /** What stands in which column. */
  void header() {
    print(LINE.formatted("rules", "verdict", "", "executions", "time"));
    out.flush();
  }

  /** A line. */
  void print(Answer answer) {
    ScenarioText scenario = answer.question().scenario();
    if (!scenario.equals(last)) {
      last = scenario;
      String title = scenario.litmus().title();
      int room = WIDTH - scenario.name().length() - 2;
      String shown = title.length() > room ? title.substring(0, room - 3) + "..." : title;
      out.println(paint.bold(scenario.name()) + "  " + shown);
    }
    String rules = answer.question().describe();
    if (rules.length() > RULES_WIDTH) {
      out.println("  " + rules);
      rules = "";
    }
    Result result = answer.result();
    String line =
        LINE.formatted(
            rules,
            answer.describe(),
            expected(answer),
            result == null ? "" : executions(result),
            time(answer, result));
    print(answer.isUnexpected() ? paint.alarm(line.stripTrailing()) : line);
    if (answer.error() != null) {
      out.println("    " + answer.error());
    }
    out.flush();
  }

  private void print(String line) {
    out.println(line.stripTrailing());
  }

  private static String expected(Answer answer) {
    if (answer.question().expectation() == null) {
      return "";
    }
    if (answer.isUnexpected()) {
      return "NOT EXPECTED: " + answer.question().expectation().expected().label();
    }
    return answer.isAsExpected() ? "expected" : "";
  }

  private static String time(Answer answer, @Nullable Result result) {
    if (answer.isRepeated()) {
      return "as above";
    }
    return result == null ? "" : Numbers.seconds(result.elapsed());
  }

  /** {@code 1,234 +56}: those that were cut short as they would repeat others stand apart. */
  private static String executions(Result result) {
    String completed = Numbers.grouped(result.executions());
    return result.redundant() == 0
        ? completed
        : completed + " +" + Numbers.grouped(result.redundant());
  }

  // --- what an answer rests on ---

  /** Says what was covered. */
  void printCoverage(Answer answer, SearchPlan plan) {
    Result result = answer.result();
    if (result == null) {
      return;
    }
    out.println();
    out.println("  " + coverage(answer, plan, result));
    out.println(
        "  %s, %s cut short as repetitions, %s, at most %s in one"
            .formatted(
                Numbers.count(result.executions(), "execution"),
                Numbers.grouped(result.redundant()),
                Numbers.count(result.steps(), "step"),
                Numbers.count(result.maxDepth(), "decision")));
    printRaces(plan);
    out.flush();
  }

  private void printRaces(SearchPlan plan) {
    if (!plan.findsRaces()) {
      out.println("races on plain Java state were not looked for");
    }
  }

  private static String coverage(Answer answer, SearchPlan plan, Result result) {
    Question question = answer.question();
    String where =
        "of %d threads under %s"
            .formatted(question.scenario().litmus().threads(), Labels.of(question.model()));
    return switch (answer.verdict()) {
      case SAFE -> "complete: every interleaving " + where;
      case VIOLATED -> "found among the interleavings " + where;
      case UNDECIDED, IMPOSSIBLE ->
          "NOT complete, ended by "
              + result.limit()
              + (plan.mode() == Mode.EXHAUSTIVE ? "" : " (seed " + plan.seed() + ")")
              + ": only some interleavings "
              + where;
    };
  }

  // --- the end ---

  /** The last lines. */
  void printSummary(List<Answer> answers, int questions, SearchPlan plan, Duration elapsed) {
    long unexpected = answers.stream().filter(Answer::isUnexpected).count();
    long expected = answers.stream().filter(Answer::isAsExpected).count();
    boolean isOwn = answers.stream().allMatch(each -> each.question().expectation() == null);
    out.println();
    out.println(
        "%s in %s%s%s"
            .formatted(
                Numbers.count(answers.size(), "verdict"),
                Numbers.seconds(elapsed),
                isOwn ? "" : ": " + expected + " as expected",
                unexpected == 0 ? "" : paint.alarm(", " + unexpected + " NOT EXPECTED")));
    out.println(
        "%d safe, every interleaving explored; %d violated; %d undecided, cut short by a bound"
            .formatted(
                count(answers, Answer.Verdict.SAFE),
                count(answers, Answer.Verdict.VIOLATED),
                count(answers, Answer.Verdict.UNDECIDED)));
    out.println(
        "%s executions, %s cut short as repetitions, %s steps%s"
            .formatted(
                Numbers.grouped(sum(answers, Sum.EXECUTIONS)),
                Numbers.grouped(sum(answers, Sum.REDUNDANT)),
                Numbers.grouped(sum(answers, Sum.STEPS)),
                plan.isRandom() ? "; seed " + plan.seed() : ""));
    printRaces(plan);
    if (answers.size() < questions || answers.stream().anyMatch(Answer::wasInterrupted)) {
      out.println("interrupted: %d of %d questions".formatted(answers.size(), questions));
    }
    out.flush();
  }

  private static long count(List<Answer> answers, Answer.Verdict verdict) {
    return answers.stream().filter(answer -> answer.verdict() == verdict).count();
  }

  private enum Sum {
    EXECUTIONS,
    REDUNDANT,
    STEPS
  }

  private static long sum(List<Answer> answers, Sum what) {
    long sum = 0;
    for (Answer answer : answers) {
      Result result = answer.result();
      if (result != null && !answer.isRepeated()) {
        sum +=
            switch (what) {
              case EXECUTIONS -> result.executions();
              case REDUNDANT -> result.redundant();
              case STEPS -> result.steps();
            };
      }
    }
    return sum;
  }
}
