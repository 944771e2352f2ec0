package dev.gnomon.mmu.arch;

/**
 * How a processor translates linear addresses.
 *
 * <p>Source: Intel SDM vol. 3A, 4.1.
 */
public enum PagingMode {
  /** CR0.PG is clear: a linear address is a physical one. */
  NONE(0, 8),
  /** Two levels of 4-byte entries. */
  BITS_32(2, 4),
  /** Two levels below four page-directory-pointer entries (PDPTE), which are not part of a walk. */
  PAE(3, 8),
  LEVEL_4(4, 8),
  LEVEL_5(5, 8);

  private final int levels;
  private final int entryBytes;

  PagingMode(int levels, int entryBytes) {
    this.levels = levels;
    this.entryBytes = entryBytes;
  }

  /** The level of the top table; PAE's PDPTEs are level 3. */
  public int levels() {
    return levels;
  }

  /** The size of an entry. */
  public int entryBytes() {
    return entryBytes;
  }

  /** Whether linear addresses have 64 bits, of which the upper must be canonical. */
  public boolean isLong() {
    return levels >= 4;
  }

  /** log2 of the bytes that an entry at {@code level} translates. */
  public int shift(int level) {
    return this == BITS_32 ? 12 + (level - 1) * 10 : PageLevel.shift(level);
  }

  /** Where in its table the entry for an address begins, in bytes. */
  public long offset(long linear, int level) {
    if (this == BITS_32) {
      return (linear >>> shift(level) & 0x3ff) << 2;
    }
    long index = PageLevel.index(linear, level);
    return this == PAE && level == PageLevel.LEVEL_1G ? (index & 3) << 3 : index << 3;
  }
}
