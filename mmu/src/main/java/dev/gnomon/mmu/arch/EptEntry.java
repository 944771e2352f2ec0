package dev.gnomon.mmu.arch;

/**
 * The entry of an extended page table, as a guest hypervisor writes it.
 *
 * <pre>
 *  63   62..52   51 .......... 12  11 10  9  8  7      6           5..3   2 1 0
 *  #VE  ignored  physical address  ignored D  A  large  ignore PAT  type   X W R
 * </pre>
 *
 * <p>Source: Intel SDM vol. 3C, 29.3.2 and 29.3.3.
 */
public final class EptEntry {
  public static final long READ = 1L;
  public static final long WRITE = 1L << 1;
  public static final long EXECUTE = 1L << 2;

  /** All rights; an entry with none is not present. */
  public static final long RIGHTS = READ | WRITE | EXECUTE;

  /** In a level-2 or level-3 entry: a leaf of 2 MiB or 1 GiB. */
  public static final long LARGE = 1L << 7;

  /** Where the EPTP has A and D kept. */
  public static final long ACCESSED = 1L << 8;

  /** In a leaf, where the EPTP has A and D kept. */
  public static final long DIRTY = 1L << 9;

  private static final long ADDRESS_MASK = (1L << 52) - (1L << 12);
  private static final int TYPE_SHIFT = 3;

  /** Bits 6:3: memory type and ignore-PAT, reserved where an entry leads to a table. */
  private static final long TYPE_BITS = 0x78;

  private EptEntry() {}

  /** Whether there is an entry at all. */
  public static boolean isPresent(long entry) {
    return (entry & RIGHTS) != 0;
  }

  /** Whether a present entry of a table of {@code level} maps a page. */
  public static boolean isLeaf(long entry, int level) {
    return level == PageLevel.LEVEL_4K || (level <= PageLevel.LEVEL_1G && (entry & LARGE) != 0);
  }

  /**
   * Whether a present entry of a table of {@code level} is one that must not be: the processor
   * reports a misconfiguration. Source: Intel SDM vol. 3C, 29.3.3.1.
   *
   * @param hasExecuteOnly whether a page may be executed that cannot be read
   */
  public static boolean isMisconfigured(
      long entry, int level, PagingFeatures features, boolean hasExecuteOnly) {
    boolean isReadable = (entry & READ) != 0;
    if (!isReadable && ((entry & WRITE) != 0 || !hasExecuteOnly)) {
      return true;
    }
    long reserved = ADDRESS_MASK & -(1L << features.physicalAddressBits());
    if (!isLeaf(entry, level)) {
      reserved |= TYPE_BITS;
    }
    if (level > PageLevel.LEVEL_1G || (level == PageLevel.LEVEL_1G && !features.hasGiantPages())) {
      reserved |= LARGE;
    } else if (level > PageLevel.LEVEL_4K && (entry & LARGE) != 0) {
      reserved |= (1L << PageLevel.shift(level)) - (1L << 12);
    }
    if ((entry & reserved) != 0) {
      return true;
    }
    return isLeaf(entry, level) && isReservedType((int) (entry >>> TYPE_SHIFT) & 7);
  }

  private static boolean isReservedType(int type) {
    return type == 2 || type == 3 || type == 7;
  }
}
