package dev.gnomon.cli.rules;

import dev.gnomon.checker.litmus.ExpectedVerdict;
import dev.gnomon.cli.check.Answer;
import dev.gnomon.cli.check.Numbers;
import dev.gnomon.cli.check.Paint;
import dev.gnomon.cli.check.ScenarioText;
import dev.gnomon.mmu.config.RuleSwitch;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** The rules as text, 100 columns wide: a paragraph each, in it its values. */
final class RuleTable {
  private static final int WIDTH = 100;
  private static final String MARGIN = "  %-23s %-10s ";
  private static final int TEXT_AT = 37;

  private final PrintWriter out;
  private final Paint paint;

  RuleTable(PrintWriter out, Paint paint) {
    this.out = out;
    this.paint = paint;
  }

  /** What the corpus expects. */
  void print(RuleBook book) {
    for (RuleSwitch<?> rule : book.rules()) {
      printRule(rule, book.values(rule).getFirst().about());
      for (RuleEntry entry : book.values(rule)) {
        String verdict = entry.isNamed() ? entry.expected().label() : "unsettled";
        printValue(entry, verdict, texts(entry));
      }
      out.println();
    }
    out.println("* the default: what the newest kernel does, as far as it is built");
    out.println("'gnomon rules --verify' has every verdict explored.");
    out.flush();
  }

  private void printRule(RuleSwitch<?> rule, List<ScenarioText> about) {
    out.println(paint.bold(rule.name()) + "  " + rule.subject());
    String names = about.stream().map(ScenarioText::name).collect(Collectors.joining(", "));
    String where = names.isEmpty() ? "no scenario is about it" : "in " + names;
    for (String line : wrapped(where, 2)) {
      out.println("  " + line);
    }
  }

  private void printValue(RuleEntry entry, String verdict, List<String> texts) {
    String name = entry.value().label() + (entry.isDefault() ? " *" : "");
    String margin = MARGIN.formatted(name, verdict);
    for (String text : texts) {
      for (String line : wrapped(text, TEXT_AT)) {
        out.println((margin + line).stripTrailing());
        margin = " ".repeat(TEXT_AT);
      }
    }
  }

  private static List<String> texts(RuleEntry entry) {
    List<String> texts = new ArrayList<>();
    texts.add(entry.value().history());
    if (!entry.refutations().isEmpty()) {
      texts.add("violated by " + describe(entry.refutations()));
    }
    if (!entry.refutedCombinations().isEmpty()) {
      texts.add("together, violated by " + describe(entry.refutedCombinations()));
    }
    return texts;
  }

  private static String describe(List<Naming> namings) {
    return namings.stream().map(Naming::describe).distinct().collect(Collectors.joining(", "));
  }

  // --- what was found ---

  /** What an exploration has settled. */
  void print(List<Settlement> settlements) {
    RuleSwitch<?> last = null;
    for (Settlement settlement : settlements) {
      RuleEntry entry = settlement.entry();
      if (entry.rule() != last) {
        last = entry.rule();
        out.println();
        printRule(last, entry.about());
      }
      printValue(entry, verdict(settlement), texts(settlement));
    }
    out.println();
    out.flush();
  }

  private static String verdict(Settlement settlement) {
    if (!settlement.entry().isNamed()) {
      return "unsettled";
    }
    return switch (settlement.verdict()) {
      case SAFE -> "safe";
      case VIOLATED -> "violated";
      case UNDECIDED, IMPOSSIBLE -> "undecided";
    };
  }

  private List<String> texts(Settlement settlement) {
    List<String> texts = new ArrayList<>();
    if (!settlement.isAsExpected()) {
      ExpectedVerdict expected = settlement.entry().expected();
      texts.add(paint.alarm("NOT EXPECTED: the corpus says " + expected.label()));
    }
    List<Answer> refutations = settlement.refutations();
    if (refutations.isEmpty()) {
      texts.add(
          "%d of %s explored completely"
              .formatted(
                  settlement.answers().stream()
                      .filter(each -> each.verdict() == Answer.Verdict.SAFE)
                      .map(each -> each.question().scenario())
                      .distinct()
                      .count(),
                  Numbers.count(settlement.entry().about().size(), "scenario")));
    } else {
      texts.add(
          "by "
              + refutations.stream()
                  .map(each -> each.question().scenario().name() + " (" + property(each) + ")")
                  .collect(Collectors.joining(", "))
              + "; of "
              + Numbers.count(settlement.entry().about().size(), "scenario"));
    }
    return texts;
  }

  private static String property(Answer answer) {
    return answer.violation().property().label() + answer.question().underModel();
  }

  /** Lines that fit between a column and the right edge. */
  private static List<String> wrapped(String text, int column) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (String word : text.split(" ")) {
      if (!line.isEmpty() && column + line.length() + 1 + word.length() > WIDTH) {
        lines.add(line.toString());
        line.setLength(0);
      }
      line.append(line.isEmpty() ? "" : " ").append(word);
    }
    lines.add(line.toString());
    return lines;
  }
}
