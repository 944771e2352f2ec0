package dev.gnomon.machine.recorder;

import org.jspecify.annotations.Nullable;

/**
 * One call of the host's memory manager, as a recording has it.
 *
 * @param kind what was asked
 * @param firstGpa of the range
 * @param endGpa the end of the range
 */
record Notification(Kind kind, long firstGpa, long endGpa) {

  /** What was asked. */
  enum Kind {
    UNMAP("kvm_unmap_hva_range"),
    AGE("kvm_age_hva"),
    TEST("kvm_test_age_hva");

    private final String event;

    Kind(String event) {
      this.event = event;
    }
  }

  private static final long PAGE = 4096;

  /** What a line of a canonical trace says, or null if it is another event. */
  static @Nullable Notification of(String line) {
    int space = line.indexOf(' ');
    for (Kind kind : Kind.values()) {
      if (space > 0 && line.substring(0, space).equals(kind.event)) {
        String[] range = line.substring(space + 1).split("-");
        long first = Long.parseLong(range[0], 16);
        return new Notification(
            kind, first, range.length > 1 ? Long.parseLong(range[1], 16) : first + PAGE);
      }
    }
    return null;
  }
}
