package dev.gnomon.machine.memory;

import dev.gnomon.mmu.platform.HostPages;

/**
 * An entry of the host's page table, one word. Its states:
 *
 * <pre>
 *  state   | value                          | meaning
 *  EMPTY   | 0                              | never touched, or nothing mapped; the regions tell
 *  present | 62:52 pins, packed page (51:0) | see HostPages; level 1 to 3, that of the entry
 *  DROPPED | 1&lt;&lt;3                           | taken away while it held zeros and was clean
 *  swapped | 2&lt;&lt;3, 2: writable, 63:8 slot    | its only copy is in the swap file
 *  busy    | 3&lt;&lt;3, 63:8 the CPU's index      | one CPU is changing it and has the page to itself
 *  table   | 4&lt;&lt;3, 63:12 address             | points at a table of the next lower level
 * </pre>
 *
 * <p>A pin says that a CPU reads or writes the page through its host-virtual address; a pinned page
 * does not become busy. A table is never taken away again.
 */
final class HostPte {
  static final long EMPTY = 0;
  static final long DROPPED = 1 << 3;
  static final long PIN = 1L << 52;
  private static final long SWAPPED = 2 << 3;
  private static final long BUSY = 3 << 3;
  private static final long TABLE = 4 << 3;
  private static final long STATE = 7 << 3;
  private static final int LEVEL = 3;
  private static final long WRITABLE = 4;
  private static final long PINS = 0x7ffL << 52;
  private static final int PAYLOAD_SHIFT = 8;
  private static final long TABLE_ADDRESS = -4096;
  private static final int PAGE_PFN_SHIFT = Long.numberOfTrailingZeros(HostPages.page(1, 0, false));

  private HostPte() {}

  static boolean isPresent(long pte) {
    return (pte & LEVEL) != 0;
  }

  static boolean isPinned(long pte) {
    return isPresent(pte) && (pte & PINS) != 0;
  }

  /** Whether a present entry can take no more pins. */
  static boolean isPinnedFully(long pte) {
    return (pte & PINS) == PINS;
  }

  static boolean isSwapped(long pte) {
    return is(pte, SWAPPED);
  }

  static boolean isBusy(long pte) {
    return is(pte, BUSY);
  }

  static boolean isTable(long pte) {
    return is(pte, TABLE);
  }

  private static boolean is(long pte, long state) {
    return (pte & (STATE | LEVEL)) == state;
  }

  /** Whether a present or swapped page may be written. */
  static boolean isWritable(long pte) {
    return (pte & WRITABLE) != 0;
  }

  /** The same present or swapped page with another permission. */
  static long withWritable(long pte, boolean isWritable) {
    return isWritable ? pte | WRITABLE : pte & ~WRITABLE;
  }

  /** The packed page of one of the frames that a present entry maps. */
  static long page(long pte, long hvn) {
    long within = hvn & HostFrames.framesOf((int) pte & LEVEL) - 1;
    return (pte & ~PINS) + (within << PAGE_PFN_SHIFT);
  }

  /** The first frame of a present entry. */
  static long pfn(long pte) {
    return HostPages.pfn(pte & ~PINS);
  }

  static int level(long pte) {
    return HostPages.level(pte);
  }

  static long swapped(long slot, boolean isWritable) {
    return slot << PAYLOAD_SHIFT | SWAPPED | (isWritable ? WRITABLE : 0);
  }

  static long slot(long pte) {
    return pte >>> PAYLOAD_SHIFT;
  }

  static long busy(int cpuIndex) {
    return (long) cpuIndex << PAYLOAD_SHIFT | BUSY;
  }

  /** An entry in words: {@code pfn 45}, {@code busy (CPU 2)}. */
  static String describe(long pte) {
    if (isPresent(pte)) {
      return "pfn "
          + Long.toHexString(pfn(pte))
          + (level(pte) == 1 ? "" : " level " + level(pte))
          + (isWritable(pte) ? "" : " read-only")
          + (isPinned(pte) ? " pinned" : "");
    }
    if (isSwapped(pte)) {
      return "swapped out to slot " + slot(pte);
    }
    if (isBusy(pte)) {
      return "busy (CPU " + (pte >>> PAYLOAD_SHIFT) + ")";
    }
    if (isTable(pte)) {
      return "table at pfn " + Long.toHexString(tableHpa(pte) >>> 12);
    }
    return pte == DROPPED ? "dropped" : "empty";
  }

  static long table(long hpa) {
    return hpa | TABLE;
  }

  static long tableHpa(long pte) {
    return pte & TABLE_ADDRESS;
  }
}
