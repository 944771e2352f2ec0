package dev.gnomon.mmu.tdp;

import dev.gnomon.mmu.table.ShadowPage;

/**
 * A root page table, its users, and whether it may still be used.
 *
 * <p>The count is of vCPUs that have it loaded, of operations that walk it across yields, and one
 * for the TDP MMU itself until an invalid root has been zapped. Under the roots lock. Validity is
 * changed under the MMU lock for writing.
 */
public final class TdpRoot {
  private final ShadowPage page;

  /** Under the roots lock of {@link TdpRoots}. */
  int users = 1;

  private boolean isInvalid;

  TdpRoot(ShadowPage page) {
    this.page = page;
  }

  /** The root page. */
  public ShadowPage page() {
    return page;
  }

  /** Whether it is no longer for use: asked under the MMU lock, in either mode. */
  public boolean isInvalid() {
    return isInvalid;
  }

  void invalidate() {
    isInvalid = true;
  }
}
