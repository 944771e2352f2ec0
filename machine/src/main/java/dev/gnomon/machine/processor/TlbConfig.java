package dev.gnomon.machine.processor;

/**
 * The sizes of a processor's translation caches, in entries; powers of two, but ways.
 *
 * @param firstLevel entries of the direct-mapped first level, which keeps 4 KiB pieces of any page
 * @param sets4k sets of the second level for 4 KiB pages
 * @param ways4k ways of each
 * @param sets2m sets for 2 MiB pages
 * @param ways2m ways of each
 * @param entries1g entries, fully associative, for 1 GiB pages
 * @param structureEntries entries of each paging-structure cache, and of the nested TLB
 * @param isForgetful whether the processor may have dropped any entry when it is looked for, as
 *     nature chooses ({@link dev.gnomon.mmu.platform.Cpu#choose}); the first level then serves
 *     nothing. For explorations
 */
public record TlbConfig(
    int firstLevel,
    int sets4k,
    int ways4k,
    int sets2m,
    int ways2m,
    int entries1g,
    int structureEntries,
    boolean isForgetful) {

  /** About what a current server core has. */
  public static final TlbConfig DEFAULT = new TlbConfig(512, 128, 12, 32, 8, 16, 64);

  /**
   * Small, and quickly made. It replaces nothing while the guest uses no more than eight pages next
   * to each other.
   */
  public static final TlbConfig SMALL = new TlbConfig(1, 8, 2, 1, 2, 1, 8);

  /** As small, and forgetful. */
  public static final TlbConfig FORGETFUL = new TlbConfig(1, 8, 2, 1, 2, 1, 8, true);

  public TlbConfig {
    requirePowerOfTwo(firstLevel);
    requirePowerOfTwo(sets4k);
    requirePowerOfTwo(sets2m);
    requirePowerOfTwo(structureEntries);
    if (ways4k < 1 || ways2m < 1 || entries1g < 1) {
      throw new IllegalArgumentException("a TLB has at least one way");
    }
  }

  /** Of a processor that keeps what it has until it replaces it, or is told to drop it. */
  public TlbConfig(
      int firstLevel,
      int sets4k,
      int ways4k,
      int sets2m,
      int ways2m,
      int entries1g,
      int structureEntries) {
    this(firstLevel, sets4k, ways4k, sets2m, ways2m, entries1g, structureEntries, false);
  }

  private static void requirePowerOfTwo(int entries) {
    if (entries < 1 || Integer.bitCount(entries) != 1) {
      throw new IllegalArgumentException("not a power of two: " + entries);
    }
  }
}
