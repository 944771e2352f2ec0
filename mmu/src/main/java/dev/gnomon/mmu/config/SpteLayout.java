package dev.gnomon.mmu.config;

/** Where the MMU puts the bits of an entry that maps memory or leads to a table. */
public enum SpteLayout {
  /** As the processor's own page tables, and NPT, have them. */
  LEGACY,
  /** As EPT has them: R, W and X in the low bits, no user bit, the MMU's own bits high up. */
  EPT;

  /** The layout that a processor's two-dimensional paging is made for. */
  public static SpteLayout of(TdpKind tdp) {
    return tdp == TdpKind.EPT ? EPT : LEGACY;
  }
}
