package dev.gnomon.checker.report;

import java.util.ArrayList;
import java.util.List;

/** Breaks text into lines. */
final class WrappedText {
  private WrappedText() {}

  /** A space that may become the end of a line; {@code W 0->1} stays together. */
  private static final String SPACE = "\\s+(?![01]->[01](\\s|,|$))";

  /**
   * Lines of at most {@code width} characters, broken at spaces; a word that is too long is cut.
   * All lines but the first are indented by {@code hang}.
   */
  static List<String> lines(String text, int width, int hang) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    boolean hasWord = false;
    List<String> words = new ArrayList<>();
    for (String word : text.strip().split(SPACE)) {
      boolean isTooLong = word.length() > width - hang;
      words.addAll(isTooLong ? List.of(word.split("\\s+")) : List.of(word));
    }
    for (String word : words) {
      String left = word;
      if (hasWord && line.length() + 1 + left.length() > width) {
        lines.add(line.toString());
        line.setLength(0);
        line.repeat(' ', hang);
        hasWord = false;
      }
      while (line.length() + (hasWord ? 1 : 0) + left.length() > width) {
        int room = width - line.length();
        line.append(left, 0, room);
        lines.add(line.toString());
        left = left.substring(room);
        line.setLength(0);
        line.repeat(' ', hang);
      }
      line.append(hasWord ? " " : "").append(left);
      hasWord = true;
    }
    lines.add(line.toString());
    return lines;
  }

  /** Paragraphs, which empty lines part, each wrapped; with an empty line between them. */
  static List<String> paragraphs(String text, int width) {
    List<String> lines = new ArrayList<>();
    for (String paragraph : text.strip().split("\\n\\s*\\n")) {
      if (!paragraph.isBlank()) {
        if (!lines.isEmpty()) {
          lines.add("");
        }
        lines.addAll(lines(paragraph, width, 0));
      }
    }
    return lines;
  }
}
