package dev.gnomon.mmu.fault;

/** The last MMIO page of a vCPU, tried before any walk. Owned by the vCPU's CPU. */
public final class MmioCache {
  private long gfn = -1;
  private long generation;

  /** Remembers a page that no slot backs under a generation. */
  void put(long mmioGfn, long slotGeneration) {
    gfn = mmioGfn;
    generation = slotGeneration;
  }

  /** Whether the page is the remembered one, of the same generation. */
  boolean holds(long mmioGfn, long slotGeneration) {
    return gfn == mmioGfn && generation == slotGeneration;
  }
}
