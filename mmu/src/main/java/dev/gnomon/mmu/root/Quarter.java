package dev.gnomon.mmu.root;

import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.shadow.ShadowMmu;
import dev.gnomon.mmu.table.Role;

/**
 * What one of the four entries of a special root points at: the page, of level 2, that maps or
 * shadows one GiB.
 *
 * <p>Without tables of the guest's, the GiB itself. With two levels, one of four parts of the
 * guest's page directory, told apart by the quadrant. With three, the table of a PDPTE.
 *
 * @param gfn what the page maps from, or the table that it shadows
 * @param role of the page
 */
record Quarter(long gfn, int role) {
  /** Nothing: no PDPTE, or one that leads out of memory. */
  static final Quarter NONE = new Quarter(-1, 0);

  /** The quarter of an index. Inside a read section of the memslots. */
  static Quarter of(TableSource source, ShadowMmu shadow, int index) {
    int role = source.rootRole();
    if (Role.isDirect(role)) {
      long gfn = (long) index << PageLevel.shift(PageLevel.LEVEL_1G) - PhysicalMemory.FRAME_SHIFT;
      return new Quarter(gfn, Role.ofQuarter(role, PageLevel.LEVEL_2M, 0));
    }
    boolean isTwoLevel = Role.hasFourByteEntries(role);
    long pdpte = isTwoLevel ? 0 : source.pdptes()[index];
    if (!isTwoLevel && (pdpte & GuestEntry.PRESENT) == 0) {
      return NONE;
    }
    long gpa = isTwoLevel ? source.topTable() : GuestEntry.address(pdpte);
    int quadrant = isTwoLevel ? index : 0;
    return shadow.isVisible(gpa)
        ? new Quarter(PhysicalMemory.pfn(gpa), Role.ofQuarter(role, PageLevel.LEVEL_2M, quadrant))
        : NONE;
  }

  /** Whether there is a page to point at. */
  boolean isThere() {
    return gfn >= 0;
  }
}
