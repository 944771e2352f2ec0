package dev.gnomon.mmu.arch;

/**
 * What of a processor's paging depends on what its CPUID offers. Where a feature is switched on by
 * a bit of a control register, that bit says all.
 *
 * @param physicalAddressBits MAXPHYADDR: address bits at or above it are reserved
 * @param hasGiantPages whether a level-3 entry may map 1 GiB; else its bit 7 is reserved
 * @param hasPse36 whether 4 MiB pages have four more address bits; else those are reserved
 */
public record PagingFeatures(int physicalAddressBits, boolean hasGiantPages, boolean hasPse36) {

  public PagingFeatures {
    if (physicalAddressBits < 32 || physicalAddressBits > 52) {
      throw new IllegalArgumentException(
          "a physical address has 32 to 52 bits, not " + physicalAddressBits);
    }
  }

  /** All there is, with so many bits of physical address. */
  public static PagingFeatures of(int physicalAddressBits) {
    return new PagingFeatures(physicalAddressBits, true, true);
  }
}
