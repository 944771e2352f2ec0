package dev.gnomon.mmu.fault;

/** The last MMIO page of a vCPU, tried before any walk. Owned by the vCPU's CPU. */
public final class MmioCache {
  private static final long NONE = -1;

  private long page = NONE;
  private long gfn;
  private int access;
  private long generation;

  /**
   * Remembers a page that no slot backs.
   *
   * @param addressPage the page that faulted: its gva over 4096, or the gfn itself
   * @param mmioAccess what the guest allows of it: bits of a role's access
   */
  void put(long addressPage, long mmioGfn, int mmioAccess, long slotGeneration) {
    page = addressPage;
    gfn = mmioGfn;
    access = mmioAccess;
    generation = slotGeneration;
  }

  /** Whether the page is the remembered one, of the same generation. */
  boolean holds(long addressPage, long slotGeneration) {
    return page == addressPage && generation == slotGeneration;
  }

  /** The gfn behind the page. */
  long gfn() {
    return gfn;
  }

  /** What the guest allows of it. */
  int access() {
    return access;
  }

  /** Forgets the page: its address may mean another now. */
  public void clear() {
    page = NONE;
  }

  /** Forgets the page if it is this. */
  public void clear(long addressPage) {
    if (page == addressPage) {
      page = NONE;
    }
  }
}
