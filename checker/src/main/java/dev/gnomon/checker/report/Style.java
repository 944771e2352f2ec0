package dev.gnomon.checker.report;

/** Escape sequences of a terminal, or none. */
final class Style {
  private static final String RESET = "\033[0m";

  private final boolean isColoured;

  Style(boolean isColoured) {
    this.isColoured = isColoured;
  }

  String bold(String text) {
    return in("\033[1m", text);
  }

  String dim(String text) {
    return in("\033[2m", text);
  }

  String alarm(String text) {
    return in("\033[1;31m", text);
  }

  private String in(String sequence, String text) {
    return isColoured && !text.isBlank() ? sequence + text + RESET : text;
  }
}
