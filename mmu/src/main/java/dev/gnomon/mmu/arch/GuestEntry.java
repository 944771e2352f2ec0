package dev.gnomon.mmu.arch;

/**
 * The entry of a guest page table (GPTE). Those of 32-bit paging are the lower half of this.
 *
 * <pre>
 *  63  62..59 58..52  51 .......... 12  11..9  8  7   6  5  4   3   2  1  0
 *  NX  PKEY   ignored  physical address  ign.  G  PS  D  A  PCD PWT U  W  P
 * </pre>
 *
 * <p>Source: Intel SDM vol. 3A, 4.3 to 4.5.
 */
public final class GuestEntry {
  public static final long PRESENT = 1L;
  public static final long WRITABLE = 1L << 1;
  public static final long USER = 1L << 2;
  public static final long ACCESSED = 1L << 5;

  /** In a leaf. */
  public static final long DIRTY = 1L << 6;

  /** In a level-2 or level-3 entry: a leaf of 2 MiB (32-bit: 4 MiB) or 1 GiB. Reserved above. */
  public static final long LARGE = 1L << 7;

  /** In a leaf: survives a CR3 load. */
  public static final long GLOBAL = 1L << 8;

  public static final long NO_EXECUTE = 1L << 63;

  /** In a leaf of long mode: the protection key. */
  public static final long KEY_MASK = 15L << 59;

  private static final long ADDRESS_MASK = (1L << 52) - (1L << 12);

  private static final int KEY_SHIFT = 59;

  /** In a 4 MiB leaf: address bits 35:32 (PSE-36). */
  private static final long HIGH_ADDRESS_4M = 15L << 13;

  /** In a 4 MiB leaf. */
  private static final long RESERVED_4M = 31L << 17;

  /** In a PDPTE: bits 2:1 and 8:5. */
  private static final long RESERVED_PDPTE = 0x1e6;

  private GuestEntry() {}

  /** The physical address of the table or 4 KiB page that an entry points at. */
  public static long address(long gpte) {
    return gpte & ADDRESS_MASK;
  }

  /** The physical address of the page that a leaf at {@code level} maps. */
  public static long pageAddress(long gpte, int level, PagingMode mode) {
    if (mode == PagingMode.BITS_32 && level == PageLevel.LEVEL_2M) {
      return gpte & 0xffc0_0000L | (gpte & HIGH_ADDRESS_4M) << 32 - 13;
    }
    return gpte & ADDRESS_MASK & -(1L << mode.shift(level));
  }

  /** The protection key of a leaf. */
  public static int protectionKey(long gpte) {
    return (int) (gpte >>> KEY_SHIFT) & 15;
  }

  /** Whether a present entry of a table of {@code level} maps a page: of 8-byte entries. */
  public static boolean isLeaf(long gpte, int level) {
    return level == PageLevel.LEVEL_4K || (level <= PageLevel.LEVEL_1G && (gpte & LARGE) != 0);
  }

  /** Whether a present entry of a table of {@code level} maps a page. */
  public static boolean isLeaf(long gpte, int level, ControlRegisters registers) {
    return isLeaf(gpte, level)
        && (level == PageLevel.LEVEL_4K
            || (registers.cr4() & (ControlBits.CR4_PAE | ControlBits.CR4_PSE)) != 0);
  }

  /** The bits of a present entry at {@code level} that must be clear. */
  public static long reservedBits(
      long gpte, int level, ControlRegisters registers, PagingFeatures features) {
    PagingMode mode = registers.mode();
    long tooHigh = -(1L << features.physicalAddressBits());
    if (mode == PagingMode.BITS_32) {
      if (level == PageLevel.LEVEL_4K || !isLeaf(gpte, level, registers)) {
        return 0;
      }
      long wide = HIGH_ADDRESS_4M & -(1L << features.physicalAddressBits() - 32 + 13);
      return RESERVED_4M | (features.hasPse36() ? wide : HIGH_ADDRESS_4M);
    }
    long reserved = ADDRESS_MASK & tooHigh;
    if ((registers.efer() & ControlBits.EFER_NXE) == 0) {
      reserved |= NO_EXECUTE;
    }
    if (mode == PagingMode.PAE) {
      reserved |= NO_EXECUTE - (1L << 52);
    }
    boolean isLarge = (gpte & LARGE) != 0;
    if (level > PageLevel.LEVEL_1G || (level == PageLevel.LEVEL_1G && !features.hasGiantPages())) {
      reserved |= LARGE;
    } else if (level > PageLevel.LEVEL_4K && isLarge) {
      // Bit 12 of a large leaf is PAT.
      reserved |= (1L << PageLevel.shift(level)) - (1L << 13);
    }
    return reserved;
  }

  /** The bits of a present PDPTE of PAE paging that must be clear. */
  public static long reservedPdpteBits(PagingFeatures features) {
    return RESERVED_PDPTE | -(1L << features.physicalAddressBits());
  }
}
