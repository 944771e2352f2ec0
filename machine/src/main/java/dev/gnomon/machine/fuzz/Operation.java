package dev.gnomon.machine.fuzz;

import dev.gnomon.machine.InputException;
import java.util.Locale;

/**
 * One operation of a script, of the guest or of the host. What its numbers mean is said at its
 * kind; numbers that make no sense are cut to what does, so that any sequence is a script.
 *
 * @param kind what is done
 * @param a the first number
 * @param b the second
 * @param c the third
 */
record Operation(Kind kind, long a, long b, long c) {

  /** What can be done. */
  enum Kind {
    /** Mode, {@link GuestLayout} flags: writes the window's tables without paging, and loads. */
    BOOT,
    /** Mode, flags: MOV CR0, CR4, EFER at once; CR3 stays. */
    MODES,
    /** Operand: MOV CR3. */
    CR3,
    /** Number: this vCPU runs from here on; the other leaves the guest. */
    VCPU,
    /**
     * Mode, {@link GuestLayout} flags, format: L1 writes nested tables and the window's tables of
     * its L2, without paging.
     */
    L2_TABLES,
    /** The same numbers: L1 runs an L2 with such registers and nested tables of the format. */
    L2_RUN,
    /** L2 is left. */
    L2_EXIT,
    /** L2 goes on. */
    L2_RESUME,
    /** Address. */
    INVLPG,
    /** Type, address, PCID. */
    INVPCID,
    /** Value. */
    PKRU,
    /** 1: user; 1: EFLAGS.AC. */
    CPL,
    /** Address, size; 1: implicit supervisor. */
    READ,
    /** Address, size and 0x100: implicit supervisor; value. */
    WRITE,
    /** Address, size. */
    FETCH,
    /** Page of memory: the host takes it out. */
    EVICT,
    /** Page: the host moves it. */
    MIGRATE,
    /** Page: the host makes it read-only, and writable again. */
    PROTECT,
    /** Page, count: clears accessed. */
    AGE,
    /** Page, count: asks for accessed. */
    TEST,
    /** Slot: dirty logging on. */
    LOG_ON,
    /** Slot: reads the log, and without manual protect clears it. */
    LOG_GET,
    /** Slot, 64 pages, mask: with manual protect, clears what was reported. */
    LOG_CLEAR,
    /** Slot. */
    LOG_OFF,
    /** Page: write-tracks it. */
    TRACK,
    /** Page. */
    UNTRACK,
    /** Deletes the second slot. */
    SLOT_DELETE,
    /** Place, and 2: read-only. Adds the second slot, or moves it. */
    SLOT_PLACE,
    /** Zaps everything, the fast way. */
    ZAP,
    /** Checks every invariant. */
    AUDIT;

    final String label = name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** As a line of a script. */
  String text() {
    return "%s %x %x %x".formatted(kind.label, a, b, c);
  }

  /** Reads a line of a script. */
  static Operation parse(String line, String place) {
    String[] words = line.trim().split("\\s+");
    for (Kind kind : Kind.values()) {
      if (kind.label.equals(words[0]) && words.length <= 4) {
        return new Operation(
            kind, number(words, 1, place), number(words, 2, place), number(words, 3, place));
      }
    }
    throw new InputException(place + ": no operation: " + line);
  }

  private static long number(String[] words, int at, String place) {
    try {
      return at < words.length ? Long.parseUnsignedLong(words[at], 16) : 0;
    } catch (NumberFormatException e) {
      throw new InputException(place + ": not a hexadecimal number: " + words[at], e);
    }
  }
}
