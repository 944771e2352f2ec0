package dev.gnomon.mmu.config;

/** How the guest's writes to a dirty-logged slot are noticed and reported. */
public enum DirtyLogKind {
  /** Write protection, reported in a bitmap. */
  BITMAP,
  /** Write protection, reported in a ring per vCPU. */
  RING,
  /** Cleared D bits and the processor's page-modification log, reported in a bitmap. */
  PML
}
