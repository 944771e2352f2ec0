package dev.gnomon.mmu.config;

/** Whose two-dimensional paging the processor has. */
public enum TdpKind {
  /** Intel's extended page tables, SDM vol. 3C ch. 28. */
  EPT,
  /** AMD's nested page tables, APM vol. 2, 15.25. */
  NPT
}
