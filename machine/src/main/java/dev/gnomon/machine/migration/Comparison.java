package dev.gnomon.machine.migration;

/**
 * What came of comparing all memory of source and destination, after the stop.
 *
 * @param pages how many pages were compared; the others hold zeros on both sides
 * @param differingPages how many differ
 * @param firstDifferingFrame the lowest frame that does, or -1
 */
public record Comparison(long pages, long differingPages, long firstDifferingFrame) {

  /** Whether all are alike. */
  public boolean isIdentical() {
    return differingPages == 0;
  }
}
