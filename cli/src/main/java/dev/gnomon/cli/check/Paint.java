package dev.gnomon.cli.check;

/** Escape sequences of a terminal, or none. */
public final class Paint {
  /** Set by the script that starts the program: whether standard output takes colours. */
  private static final String COLOUR_PROPERTY = "gnomon.colour";

  private static final String RESET = "\u001b[0m";

  private final boolean isColoured;

  /** One that colours, or not. */
  public Paint(boolean isColoured) {
    this.isColoured = isColoured;
  }

  /** As standard output takes it. */
  public static Paint ofOutput() {
    return new Paint(Boolean.getBoolean(COLOUR_PROPERTY));
  }

  /** Whether it colours at all. */
  public boolean isColoured() {
    return isColoured;
  }

  /** What it is about. */
  public String bold(String text) {
    return in("\u001b[1m", text);
  }

  /** What is wrong. */
  public String alarm(String text) {
    return in("\u001b[1;31m", text);
  }

  private String in(String sequence, String text) {
    return isColoured && !text.isBlank() ? sequence + text + RESET : text;
  }
}
