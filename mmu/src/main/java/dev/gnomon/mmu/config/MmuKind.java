package dev.gnomon.mmu.config;

/** Which MMU fills the tables that the processor walks. */
public enum MmuKind {
  /** The TDP MMU: two-dimensional paging, parallel faults. */
  TDP,
  /** Two-dimensional paging in the shadow MMU: KVM's {@code tdp_mmu=off}, and 32-bit hosts. */
  LEGACY_TDP,
  /** No two-dimensional paging: the guest's tables are shadowed. */
  SHADOW
}
