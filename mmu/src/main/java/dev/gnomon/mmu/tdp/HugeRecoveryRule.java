package dev.gnomon.mmu.tdp;

/** How a table that could be one large page again becomes one. */
@FunctionalInterface
public interface HugeRecoveryRule {

  /**
   * Whether the large entry is made at once; otherwise the table is zapped and the next fault maps
   * it.
   */
  boolean isInPlace();
}
