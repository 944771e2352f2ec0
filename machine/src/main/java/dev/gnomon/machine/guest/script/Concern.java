package dev.gnomon.machine.guest.script;

import java.util.Locale;

/** What it would mean if an expectation did not hold. */
public enum Concern {
  /** A write of the guest is gone, from memory or from the dirty log. */
  NO_WRITE_LOST,
  /** A write-tracked page was written unseen. */
  WRITE_TRACKING,
  /** An access went through a translation that was taken away. */
  NO_STALE_TRANSLATION,
  /** The guest sees other tables than its own. */
  GUEST_TABLES,
  /** What the script itself expects. */
  EXPECTATION;

  /** Its name in a script: {@code no-write-lost}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
