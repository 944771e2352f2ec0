package dev.gnomon.cli.check;

import java.time.Duration;
import java.util.Locale;

/** How numbers are written for readers. */
public final class Numbers {
  private static final double NANOS = 1e9;

  private Numbers() {}

  /** {@code 1,234,567}. */
  static String grouped(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  /** {@code 0.12 s}. */
  static String seconds(Duration duration) {
    return String.format(Locale.ROOT, "%.2f s", inSeconds(duration));
  }

  static double inSeconds(Duration duration) {
    return duration.toNanos() / NANOS;
  }

  /** {@code 1 execution}, {@code 2 executions}. */
  public static String count(long number, String noun) {
    return grouped(number) + " " + noun + (number == 1 ? "" : "s");
  }
}
