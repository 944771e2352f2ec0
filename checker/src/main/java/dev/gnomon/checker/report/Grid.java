package dev.gnomon.checker.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The columns of a table: numbers, a lane for each CPU, and places if there is room for them. */
final class Grid {
  private static final int SMALLEST_NUMBER = 4;
  private static final int LONGEST_PLACE = 28;
  private static final int LONGEST_PLACE_WIDE = 36;
  private static final int WIDE = 110;
  private static final String GAP = "  ";

  /** A lane narrower than this gives up the column of places. */
  private static final int ROOMY = 27;

  private static final int STEP_INDENT = 2;
  private static final int HANG = 2;

  private final List<Lane> lanes;
  private final Style style;
  private final int numberWidth;
  private final int laneWidth;
  private final int placeWidth;
  private final boolean hasPlaces;

  /**
   * Lays the columns out.
   *
   * @param largestNumber of a step
   * @param longestPlace how many characters the longest place has that will be shown
   */
  Grid(Layout layout, List<Lane> lanes, int largestNumber, int longestPlace) {
    this.lanes = lanes;
    style = new Style(layout.isColoured());
    numberWidth = Math.max(SMALLEST_NUMBER, Integer.toString(largestNumber).length());
    int count = Math.max(1, lanes.size());
    int room = layout.width() - numberWidth;
    placeWidth = Math.min(longestPlace, layout.width() < WIDE ? LONGEST_PLACE : LONGEST_PLACE_WIDE);
    int beside = (room - placeWidth - GAP.length()) / count - GAP.length();
    hasPlaces = beside >= ROOMY;
    laneWidth = Math.max(12, hasPlaces ? beside : room / count - GAP.length());
  }

  /** The names of the CPUs. */
  void header(StringBuilder out) {
    StringBuilder names = new StringBuilder(" ".repeat(numberWidth));
    StringBuilder lines = new StringBuilder(" ".repeat(numberWidth));
    for (Lane lane : lanes) {
      String name = lane.name() + " (CPU " + lane.cpu() + ")";
      if (name.length() > laneWidth) {
        name = name.substring(0, laneWidth);
      }
      names.append(GAP).append(padded(name, laneWidth));
      lines.append(GAP).append(padded("=".repeat(name.length()), laneWidth));
    }
    out.append(style.bold(names.toString().stripTrailing())).append('\n');
    out.append(lines.toString().stripTrailing()).append('\n');
  }

  /** The end of the steps. */
  void rule(StringBuilder out) {
    int width = numberWidth + lanes.size() * (GAP.length() + laneWidth);
    out.append("-".repeat(width + (hasPlaces ? GAP.length() + placeWidth : 0))).append('\n');
  }

  /** What the following steps of a lane belong to. */
  void operation(StringBuilder out, int lane, String operation) {
    for (String line : WrappedText.lines(operation + "()", laneWidth, 1)) {
      row(out, "", lane, style.dim(line), line.length(), "");
    }
  }

  /** A step. */
  void step(StringBuilder out, int lane, Moment moment) {
    List<String> lines =
        new ArrayList<>(WrappedText.lines(moment.text(), laneWidth - STEP_INDENT, HANG));
    int textLines = lines.size();
    String place = moment.step().place();
    if (!hasPlaces && !place.isEmpty()) {
      lines.addAll(WrappedText.lines("at " + place, laneWidth - STEP_INDENT - HANG, 0));
    }
    boolean isWrite = StepText.writes(moment.step());
    for (int i = 0; i < lines.size(); i++) {
      boolean isPlace = i >= textLines;
      String line = " ".repeat(isPlace ? STEP_INDENT + HANG : STEP_INDENT) + lines.get(i);
      String shown = isPlace ? style.dim(line) : isWrite ? style.bold(line) : line;
      String number = i == 0 ? Integer.toString(moment.step().number()) : "";
      row(out, number, lane, shown, line.length(), i == 0 && hasPlaces ? place : "");
    }
  }

  /** Steps that are left out, by lane. */
  void fold(StringBuilder out, Map<Integer, Integer> counts) {
    StringBuilder line = new StringBuilder(" ".repeat(numberWidth));
    for (int lane = 0; lane < lanes.size(); lane++) {
      int count = counts.getOrDefault(lane, 0);
      String text = count == 0 ? "" : "  ... " + count + (count == 1 ? " step" : " steps");
      line.append(GAP).append(padded(text, laneWidth));
    }
    out.append(style.dim(line.toString().stripTrailing())).append('\n');
  }

  private void row(
      StringBuilder out, String number, int lane, String text, int length, String place) {
    int before = lane * (GAP.length() + laneWidth) + GAP.length();
    StringBuilder line = new StringBuilder();
    line.repeat(' ', numberWidth - number.length()).append(number);
    line.repeat(' ', before).append(text);
    if (!place.isEmpty()) {
      int after = (lanes.size() - lane - 1) * (GAP.length() + laneWidth) + laneWidth - length;
      line.repeat(' ', after).append(GAP).append(style.dim(shortened(place)));
    }
    out.append(line).append('\n');
  }

  /** A place that is too long loses its beginning; the line is at its end. */
  private String shortened(String place) {
    int tooMany = place.length() - placeWidth;
    return tooMany <= 0 ? place : ".." + place.substring(tooMany + 2);
  }

  private static String padded(String text, int width) {
    return text + " ".repeat(Math.max(0, width - text.length()));
  }
}
