package dev.gnomon.mmu.arch;

/** What an access does with memory. */
public enum AccessKind {
  READ,
  WRITE,
  FETCH
}
