package dev.gnomon.mmu.tdp;

/** What comes first when something was zapped: the flush, or letting go of what was mapped. */
@FunctionalInterface
public interface ZapOrderRule {

  /**
   * Whether the flush is done before page tables are freed and before the host gets its page back.
   */
  boolean flushesFirst();
}
