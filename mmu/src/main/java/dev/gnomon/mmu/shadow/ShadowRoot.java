package dev.gnomon.mmu.shadow;

import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.table.Role;
import org.jspecify.annotations.Nullable;

/**
 * What a vCPU has loaded: a page, or four entries of its own (PAE) that point at pages of level 2.
 * Owned by the vCPU; its pages count it among their users.
 */
public final class ShadowRoot {
  /** The entries of a PAE root. */
  public static final int QUARTERS = 4;

  private final long pgd;
  private final int role;
  private final long hpa;
  private final @Nullable MmuPage page;
  private final @Nullable MmuPage[] quarters;
  private final boolean isDummy;

  private ShadowRoot(
      long pgd,
      int role,
      long hpa,
      @Nullable MmuPage page,
      @Nullable MmuPage[] quarters,
      boolean isDummy) {
    this.pgd = pgd;
    this.role = role;
    this.hpa = hpa;
    this.page = page;
    this.quarters = quarters;
    this.isDummy = isDummy;
  }

  /** A root that is a page, perhaps a local one. */
  public static ShadowRoot of(long pgd, int role, MmuPage page) {
    return new ShadowRoot(pgd, role, page.sptep(0), page, new MmuPage[0], false);
  }

  /** A root of four entries at {@code hpa}, some of which may point at nothing. */
  public static ShadowRoot ofQuarters(long pgd, int role, long hpa, @Nullable MmuPage[] quarters) {
    return new ShadowRoot(pgd, role, hpa, null, quarters.clone(), false);
  }

  /** A root that maps nothing: the guest's own lies outside its memory. */
  public static ShadowRoot dummy(long pgd, int role, long hpa) {
    return new ShadowRoot(pgd, role, hpa, null, new MmuPage[QUARTERS], true);
  }

  /** What the guest's CR3 was; 0 of a direct root. */
  public long pgd() {
    return pgd;
  }

  /** The role of the root, level 3 if it is four entries. */
  public int role() {
    return role;
  }

  /** Where the processor starts its walks. */
  public long hpa() {
    return hpa;
  }

  /** The root page, or null. */
  public @Nullable MmuPage page() {
    return page;
  }

  /** The pages of a PAE root; empty if it is a page. */
  public @Nullable MmuPage[] quarters() {
    return quarters;
  }

  /** Whether a page is behind it, which can tell whether it is still of use. */
  public boolean hasPage() {
    return page != null;
  }

  /** Whether it is a shadow page like any other, and may be kept for later. */
  public boolean isOrdinary() {
    return page != null && !page.isLocal();
  }

  /** Whether it is four entries, alone or below tables of one entry: not ordinary, nor nothing. */
  public boolean isSpecial() {
    return !isOrdinary() && !isDummy;
  }

  /** Whether it maps guest memory as it is. */
  public boolean isDirect() {
    return Role.isDirect(role);
  }

  /** The topmost page on the way to an address, or null. */
  public @Nullable MmuPage top(long address) {
    return page != null || quarters.length == 0 ? page : quarters[(int) (address >>> 30) & 3];
  }

  /** The address of the topmost entry, in a page, on the way to an address; -1 if there is none. */
  public long topEntry(long address) {
    MmuPage top = top(address);
    return top == null ? -1 : top.sptep(PageLevel.index(address, top.level()));
  }

  /** The level of the topmost page. */
  public int topLevel() {
    return page == null ? PageLevel.LEVEL_2M : page.level();
  }

  /** The address of the entry for an address in the table at a frame. */
  public static long entry(long pfn, long address, int level) {
    return PhysicalMemory.hpa(pfn) + 8L * PageLevel.index(address, level);
  }
}
