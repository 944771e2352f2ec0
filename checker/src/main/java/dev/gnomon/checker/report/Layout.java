package dev.gnomon.checker.report;

import org.jspecify.annotations.Nullable;

/**
 * How a table is laid out.
 *
 * @param width of a line, in characters; at least {@link #NARROWEST}
 * @param isColoured whether escape sequences set things off; not for files and pipes
 */
public record Layout(int width, Detail detail, boolean isColoured) {
  /** Below this a table is made this wide all the same. */
  public static final int NARROWEST = 60;

  private static final int DEFAULT_WIDTH = 100;

  public Layout {
    width = Math.max(width, NARROWEST);
  }

  /** For a pipe or a file. */
  public static Layout plain(Detail detail) {
    return new Layout(DEFAULT_WIDTH, detail, false);
  }

  /**
   * For a terminal.
   *
   * @param columns what the environment says of its width ({@code COLUMNS}), or null
   */
  public static Layout terminal(@Nullable String columns, Detail detail, boolean isColoured) {
    int width = DEFAULT_WIDTH;
    if (columns != null && columns.matches("[1-9][0-9]{1,3}")) {
      width = Integer.parseInt(columns);
    }
    return new Layout(width, detail, isColoured);
  }
}
