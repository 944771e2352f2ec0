package dev.gnomon.machine.guest;

import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.PagingMode;
import dev.gnomon.mmu.platform.PhysicalMemory;

/**
 * A present user entry that maps a page, as it was when it was read.
 *
 * @param gva the first address that it maps
 * @param address the linear address at which the entry is found
 * @param gpte the entry
 * @param level 1, or 2 for a larger page
 * @param mode how the guest pages
 */
record Leaf(long gva, long address, long gpte, int level, PagingMode mode) {

  /** The gpa of its page. */
  long gpa() {
    return GuestEntry.pageAddress(gpte, level, mode);
  }

  /** The size of its page, in bytes. */
  long bytes() {
    return 1L << mode.shift(level);
  }

  /** The size of its page, in frames. */
  long frames() {
    return PhysicalMemory.pfn(bytes());
  }

  boolean has(long bits) {
    return (gpte & bits) == bits;
  }
}
