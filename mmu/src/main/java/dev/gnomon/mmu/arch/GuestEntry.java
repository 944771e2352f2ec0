package dev.gnomon.mmu.arch;

/**
 * The 64-bit entry of a guest page table (GPTE), 4-level and 5-level paging.
 *
 * <pre>
 *  63  62..59 58..52  51 .......... 12  11..9  8  7   6  5  4   3   2  1  0
 *  NX  PKEY   ignored  physical address  ign.  G  PS  D  A  PCD PWT U  W  P
 * </pre>
 *
 * <p>Source: Intel SDM vol. 3A, 4.5.4.
 */
public final class GuestEntry {
  public static final long PRESENT = 1L;
  public static final long WRITABLE = 1L << 1;
  public static final long USER = 1L << 2;
  public static final long ACCESSED = 1L << 5;

  /** In a leaf. */
  public static final long DIRTY = 1L << 6;

  /** In a level-2 or level-3 entry: a leaf of 2 MiB or 1 GiB. Reserved above. */
  public static final long LARGE = 1L << 7;

  /** In a leaf: survives a CR3 load. */
  public static final long GLOBAL = 1L << 8;

  public static final long NO_EXECUTE = 1L << 63;

  private static final long ADDRESS_MASK = (1L << 52) - (1L << 12);

  private GuestEntry() {}

  /** The physical address of the table or 4 KiB page that an entry points at. */
  public static long address(long gpte) {
    return gpte & ADDRESS_MASK;
  }

  /** Whether a present entry of a table of {@code level} maps a page. */
  public static boolean isLeaf(long gpte, int level) {
    return level == PageLevel.LEVEL_4K || (level <= PageLevel.LEVEL_1G && (gpte & LARGE) != 0);
  }

  /**
   * The bits of an entry at {@code level} that must be clear.
   *
   * @param physicalAddressBits MAXPHYADDR
   */
  public static long reservedBits(long gpte, int level, int physicalAddressBits) {
    long reserved = ADDRESS_MASK & -(1L << physicalAddressBits);
    if (level > PageLevel.LEVEL_1G) {
      reserved |= LARGE;
    } else if (level > PageLevel.LEVEL_4K && (gpte & LARGE) != 0) {
      // Bit 12 of a large leaf is PAT.
      reserved |= (1L << PageLevel.shift(level)) - (1L << 13);
    }
    return reserved;
  }
}
