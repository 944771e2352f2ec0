package dev.gnomon.machine.trace;

import dev.gnomon.machine.InputException;

/**
 * A line of a trace is not what a trace may hold. The message is {@code FILE:LINE: what is wrong}.
 */
public final class TraceFormatException extends InputException {

  private static final long serialVersionUID = 1L;

  private final long line;

  /**
   * @param name the trace's name, as the user knows it
   * @param line the number of the line, from 1
   * @param problem what is wrong with it
   */
  TraceFormatException(String name, long line, String problem) {
    super(name + ":" + line + ": " + problem);
    this.line = line;
  }

  /** The number of the line that is wrong, from 1. */
  public long line() {
    return line;
  }
}
