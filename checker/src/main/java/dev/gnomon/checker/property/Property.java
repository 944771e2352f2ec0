package dev.gnomon.checker.property;

import java.util.Locale;

/** What must hold in every execution. */
public enum Property {
  NO_WRITE_LOST(
      "every guest write is in a later report of the log, and a reclaimed page comes back"),
  WRITE_TRACKING("no guest write to a write-tracked gfn completes without an exit"),
  NO_STALE_TRANSLATION("after a zap and its flush nothing goes through the old translation"),
  NO_USE_AFTER_FREE("no page-table page is used after it was freed"),
  GUEST_TABLES("translations equal the architectural walk of the guest's tables"),
  STRUCTURE("tables, counts and logs agree at the end"),
  PROGRESS("every thread finishes: no deadlock, no livelock"),
  NO_DATA_RACE(
      "plain Java state is touched only in an order that the port's synchronisation gives"),
  EXPECTATION("what the scenario itself expects");

  private final String meaning;

  Property(String meaning) {
    this.meaning = meaning;
  }

  /** Its name as users write it: {@code no-write-lost}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** What it says, in a line. */
  public String meaning() {
    return meaning;
  }
}
