package dev.gnomon.cli.run;

import dev.gnomon.cli.usage.TerminalLine;
import dev.gnomon.machine.guest.Guest;
import java.io.PrintWriter;
import java.util.Locale;

/** One line on a terminal that says how far a run is. Nothing where there is no terminal. */
final class Progress {
  private static final double NANOS = 1e9;

  private final TerminalLine line;

  Progress(PrintWriter terminal, boolean isShown) {
    line = new TerminalLine(terminal, isShown);
  }

  /** Replaces the line. */
  void show(String text) {
    line.show(text);
  }

  /** Takes the line away. */
  void clear() {
    line.clear();
  }

  /** Says how far a guest is. */
  void show(Guest guest, long startNanos) {
    if (line.isShown()) {
      Guest.TraceProgress read = guest.traceProgress();
      show(
          line(
              guest.accessesSoFar(),
              (double) read.bytesRead() / Math.max(1, read.sizeInBytes()),
              (System.nanoTime() - startNanos) / NANOS));
    }
  }

  /** {@code 42 % 12.3 M accesses 6.2 M/s 0:03 left}. */
  static String line(long accesses, double fraction, double seconds) {
    double done = Math.clamp(fraction, 0, 1);
    String left = done > 0 ? "  " + minutes(Math.round(seconds * (1 - done) / done)) + " left" : "";
    return "%3d %%  %s accesses  %s/s%s"
        .formatted(
            (int) (100 * done), millions(accesses), millions(Math.round(accesses / seconds)), left);
  }

  private static String millions(long count) {
    return String.format(Locale.ROOT, "%.1f M", count / 1e6);
  }

  private static String minutes(long seconds) {
    return seconds < 3600
        ? "%d:%02d".formatted(seconds / 60, seconds % 60)
        : "%d:%02d:%02d".formatted(seconds / 3600, seconds / 60 % 60, seconds % 60);
  }
}
