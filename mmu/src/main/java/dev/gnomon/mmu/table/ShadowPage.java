package dev.gnomon.mmu.table;

/** One page of 512 entries: what is known of it beside them. Identity is the object. */
public final class ShadowPage {
  private final long pfn;
  private final long gfn;
  private final int role;

  /** A page of {@code role} at {@code pfn} whose first entry maps {@code gfn}. */
  public ShadowPage(long pfn, long gfn, int role) {
    this.pfn = pfn;
    this.gfn = gfn;
    this.role = role;
  }

  /** The frame that holds the entries. */
  public long pfn() {
    return pfn;
  }

  /** The first gfn that it maps. */
  public long gfn() {
    return gfn;
  }

  /** Its {@link Role}. */
  public int role() {
    return role;
  }

  /** Its level: 1 maps 4 KiB pages. */
  public int level() {
    return Role.level(role);
  }

  @Override
  public String toString() {
    return "shadow page at pfn "
        + Long.toHexString(pfn)
        + " [gfn "
        + Long.toHexString(gfn)
        + " level "
        + level()
        + "]";
  }
}
