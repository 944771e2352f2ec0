package dev.gnomon.machine.recorder;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** What the recorder's machine prints, line by line; its marks go into the trace as well. */
public final class Output {
  private final List<String> lines = new ArrayList<>();
  private final StringBuilder unfinished = new StringBuilder();
  private final Consumer<String> markers;

  /**
   * Nothing is printed yet.
   *
   * @param markers takes each mark, for the trace
   */
  public Output(Consumer<String> markers) {
    this.markers = markers;
  }

  /** Prints a character; a line ends with a line feed. */
  public void character(char character) {
    if (character == '\n') {
      line("");
    } else {
      unfinished.append(character);
    }
  }

  /** Prints the rest of a line. */
  public void line(String text) {
    lines.add(unfinished + text);
    unfinished.setLength(0);
  }

  /** Marks a place in the trace, and prints it. */
  public void mark(String text) {
    mark(text, text);
  }

  /** Marks a place in the trace with one text, and prints it with another. */
  public void mark(String inTrace, String printed) {
    markers.accept(inTrace);
    line("OP " + printed);
  }

  /** All lines. */
  public List<String> lines() {
    List<String> all = new ArrayList<>(lines);
    if (!unfinished.isEmpty()) {
      all.add(unfinished.toString());
    }
    return all;
  }
}
