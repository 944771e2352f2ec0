package dev.gnomon.cli.check;

import dev.gnomon.checker.schedule.MemoryModel;
import dev.gnomon.checker.schedule.Mode;
import java.util.Locale;

/** Words of the command line for values of the checker. */
final class Labels {
  private Labels() {}

  /** {@code sc} or {@code tso}. */
  static String of(MemoryModel model) {
    return model.name().toLowerCase(Locale.ROOT);
  }

  /** {@code exhaustive}, {@code random} or {@code pct}. */
  static String of(Mode mode) {
    return mode.name().toLowerCase(Locale.ROOT);
  }
}
