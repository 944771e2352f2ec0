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
 */
public record TlbConfig(
    int firstLevel,
    int sets4k,
    int ways4k,
    int sets2m,
    int ways2m,
    int entries1g,
    int structureEntries) {

  /** About what a current server core has. */
  public static final TlbConfig DEFAULT = new TlbConfig(512, 128, 12, 32, 8, 16, 64);

  public TlbConfig {
    requirePowerOfTwo(firstLevel);
    requirePowerOfTwo(sets4k);
    requirePowerOfTwo(sets2m);
    requirePowerOfTwo(structureEntries);
    if (ways4k < 1 || ways2m < 1 || entries1g < 1) {
      throw new IllegalArgumentException("a TLB has at least one way");
    }
  }

  private static void requirePowerOfTwo(int entries) {
    if (entries < 1 || Integer.bitCount(entries) != 1) {
      throw new IllegalArgumentException("not a power of two: " + entries);
    }
  }
}
