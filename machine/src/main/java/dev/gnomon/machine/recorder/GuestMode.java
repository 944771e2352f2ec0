package dev.gnomon.machine.recorder;

import org.jspecify.annotations.Nullable;

/** The mode of the processor in which a flat guest begins. */
public enum GuestMode {
  REAL("real", "real", 0),
  /** Protected mode without paging. */
  FLAT32("flat32", "flat32", 0),
  /** 32-bit paging. */
  P32("p32", "p32", 4),
  PAE("pae", "pae", 8),
  LONG("long", "long", 8),
  /** 5-level paging. */
  LONG5("long5", "long5", 8);

  private final String label;
  private final String binarySuffix;
  private final int entryBytes;

  GuestMode(String label, String binarySuffix, int entryBytes) {
    this.label = label;
    this.binarySuffix = binarySuffix;
    this.entryBytes = entryBytes;
  }

  /** Its name in the list of runs. */
  public String label() {
    return label;
  }

  /** The mode of that name, or null. */
  public static @Nullable GuestMode of(String label) {
    for (GuestMode mode : values()) {
      if (mode.label.equals(label)) {
        return mode;
      }
    }
    return null;
  }

  /**
   * The name of the binary of a guest for this mode.
   *
   * @param cpl 0 or 3; a guest in real mode has no level in its name
   */
  public String binary(String guest, int cpl) {
    return guest + "." + binarySuffix + (this == REAL ? "" : cpl);
  }

  /** Whether the guest is 64-bit code. */
  public boolean isLong() {
    return this == LONG || this == LONG5;
  }

  /** Whether its page tables are used. */
  public boolean isPaging() {
    return entryBytes != 0;
  }

  /** The bytes of an entry of its page tables; 0 without paging. */
  public int entryBytes() {
    return entryBytes;
  }
}
