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
  public String print(Recording recording) {
    StringBuilder out = new StringBuilder();
    printHead(out, recording);
    int longestPlace =
        recording.moments().stream()
            .filter(moment -> !isFolded(moment))
            .mapToInt(moment -> moment.step().place().length())
            .max()
            .orElse(0);
    Grid grid = new Grid(layout, recording.lanes(), recording.moments().size(), longestPlace);
    grid.header(out);
    printSteps(out, grid, recording);
    grid.rule(out);
    printViolation(out, recording);
    return out.toString();
  }

  private void printHead(StringBuilder out, Recording recording) {
    Recording.Scenario scenario = recording.scenario();
    Style style = new Style(layout.isColoured());
    out.append(style.bold(scenario.name())).append('\n');
    int width = Math.min(layout.width(), PROSE_WIDTH) - 2;
    for (String line : WrappedText.paragraphs(scenario.prose(), width)) {
      out.append(line.isEmpty() ? "" : "  ").append(line).append('\n');
    }
    out.append('\n');
    append(out, "rules  ", scenario.describeRules());
    append(out, "found  ", recording.describe());
    out.append('\n');
  }

  private void append(StringBuilder out, String label, String text) {
    for (String line : WrappedText.lines(text, layout.width() - label.length(), 0)) {
      out.append(label).append(line).append('\n');
      label = " ".repeat(label.length());
    }
  }

  // --- the steps ---

  private void printSteps(StringBuilder out, Grid grid, Recording recording) {
    String[] operations = new String[recording.lanes().size()];
    TreeMap<Integer, Integer> folded = new TreeMap<>();
    for (Moment moment : recording.moments()) {
      int lane = recording.lane(moment.step().cpu());
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

  private void printViolation(StringBuilder out, Recording recording) {
    Style style = new Style(layout.isColoured());
    String label = recording.violation().property().label();
    out.append(style.alarm("VIOLATED " + label)).append('\n');
    int width = layout.width() - 2;
    recording
        .violation()
        .message()
        .lines()
        .flatMap(line -> WrappedText.lines(line, width, 2).stream())
        .forEach(line -> out.append("  ").append(line).append('\n'));
    List<String> meaning =
        WrappedText.lines(
            "(must hold: " + recording.violation().property().meaning() + ")", width, 1);
    meaning.forEach(line -> out.append("  ").append(style.dim(line)).append('\n'));
  }
}
