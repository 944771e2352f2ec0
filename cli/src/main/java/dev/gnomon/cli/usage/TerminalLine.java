package dev.gnomon.cli.usage;

import java.io.PrintWriter;

/**
 * One line at the end of a terminal that is replaced again and again. Nothing where there is no
 * terminal. Any thread may use it.
 */
public final class TerminalLine {
  private static final String TO_LINE_START = "\r";
  private static final String CLEAR_TO_END = "\u001b[K";

  /** Set by the script that starts the program: whether standard error is a terminal. */
  private static final String TERMINAL_PROPERTY = "gnomon.terminal";

  private final PrintWriter terminal;
  private final boolean isShown;
  private boolean isOnLine;

  /** One that shows what it is given, or nothing. */
  public TerminalLine(PrintWriter terminal, boolean isShown) {
    this.terminal = terminal;
    this.isShown = isShown;
  }

  /** Whether standard error is a terminal that can show one. */
  public static boolean isPossible() {
    return Boolean.getBoolean(TERMINAL_PROPERTY);
  }

  /** Whether anything is shown at all. */
  public boolean isShown() {
    return isShown;
  }

  /** Replaces the line. */
  public synchronized void show(String text) {
    if (isShown) {
      terminal.print(TO_LINE_START + text + CLEAR_TO_END);
      terminal.flush();
      isOnLine = true;
    }
  }

  /** Takes the line away. */
  public synchronized void clear() {
    if (isOnLine) {
      terminal.print(TO_LINE_START + CLEAR_TO_END);
      terminal.flush();
      isOnLine = false;
    }
  }
}
