package dev.gnomon.checker.report;

import java.util.List;
import java.util.TreeMap;

/**
 * A counterexample as text, the way the kernel's documents print races: a column for each CPU, time
 * going down, one step a row; what the steps of a CPU belong to stands above them, the line of code
 * that took a step beside it (or, where columns are many, below); last, the property that broke.
 */
public final class TableReport {
  private static final int PROSE_WIDTH = 90;

  private final Layout layout;

  public TableReport(Layout layout) {
    this.layout = layout;
  }

  /** The text, of lines that end in a newline. */
  public String print(Counterexample counterexample) {
    StringBuilder out = new StringBuilder();
    printHead(out, counterexample);
    int longestPlace =
        counterexample.moments().stream()
            .filter(moment -> !isFolded(moment))
            .mapToInt(moment -> moment.step().place().length())
            .max()
            .orElse(0);
    Grid grid = new Grid(layout, counterexample.lanes(), longestPlace);
    grid.header(out);
    printSteps(out, grid, counterexample);
    grid.rule(out);
    printViolation(out, counterexample);
    return out.toString();
  }

  private void printHead(StringBuilder out, Counterexample counterexample) {
    Counterexample.Scenario scenario = counterexample.scenario();
    Style style = new Style(layout.isColoured());
    out.append(style.bold(scenario.name())).append('\n');
    int width = Math.min(layout.width(), PROSE_WIDTH) - 2;
    for (String line : WrappedText.paragraphs(scenario.prose(), width)) {
      out.append(line.isEmpty() ? "" : "  ").append(line).append('\n');
    }
    out.append('\n');
    append(out, "rules  ", scenario.describeRules());
    append(out, "found  ", counterexample.describe());
    out.append('\n');
  }

  private void append(StringBuilder out, String label, String text) {
    for (String line : WrappedText.lines(text, layout.width() - label.length(), 0)) {
      out.append(label).append(line).append('\n');
      label = " ".repeat(label.length());
    }
  }

  // --- the steps ---

  private void printSteps(StringBuilder out, Grid grid, Counterexample counterexample) {
    String[] operations = new String[counterexample.lanes().size()];
    TreeMap<Integer, Integer> folded = new TreeMap<>();
    for (Moment moment : counterexample.moments()) {
      int lane = counterexample.lane(moment.step().cpu());
      if (isFolded(moment)) {
        folded.merge(lane, 1, Integer::sum);
        continue;
      }
      printFold(out, grid, folded);
      String operation = moment.operation();
      if (!operation.equals(operations[lane])) {
        operations[lane] = operation;
        if (!operation.isEmpty() && !moment.step().place().startsWith(operation + ":")) {
          grid.operation(out, lane, operation);
        }
      }
      grid.step(out, lane, moment);
    }
    printFold(out, grid, folded);
  }

  private boolean isFolded(Moment moment) {
    return layout.detail() == Detail.SHORT && moment.isMinor();
  }

  private static void printFold(StringBuilder out, Grid grid, TreeMap<Integer, Integer> folded) {
    if (!folded.isEmpty()) {
      grid.fold(out, folded);
      folded.clear();
    }
  }

  // --- the end ---

  private void printViolation(StringBuilder out, Counterexample counterexample) {
    Style style = new Style(layout.isColoured());
    String label = counterexample.violation().property().label();
    out.append(style.alarm("VIOLATED " + label)).append('\n');
    int width = layout.width() - 2;
    counterexample
        .violation()
        .message()
        .lines()
        .flatMap(line -> WrappedText.lines(line, width, 2).stream())
        .forEach(line -> out.append("  ").append(line).append('\n'));
    List<String> meaning =
        WrappedText.lines(
            "(must hold: " + counterexample.violation().property().meaning() + ")", width, 1);
    meaning.forEach(line -> out.append("  ").append(style.dim(line)).append('\n'));
  }
}
