package dev.gnomon.mmu.spte;

/** How a leaf is replaced under the write lock. A pure function. */
@FunctionalInterface
public interface WriteRule {

  /**
   * Whether a leaf is replaced by an atomic exchange, not by a plain store after an earlier load.
   */
  boolean isExchanged(boolean isVolatile);
}
