package dev.gnomon.machine.guest;

/**
 * Where things lie in guest-virtual address space, as in Linux: user memory in the lower half; in
 * the upper half all physical memory, pages shared among processes, the local APIC, and the
 * kernel's own page.
 *
 * @param levels levels of the guest's page tables, 4 or 5
 */
record AddressLayout(int levels) {
  /** The kernel's page of data. */
  static final long KERNEL_PAGE = 0xffff_ffff_8000_0000L;

  /** The local APIC. */
  static final long LOCAL_APIC = 0xffff_ffff_fee0_0000L;

  /** The first address that no process may use. */
  long userEnd() {
    return levels == 5 ? 1L << 56 : 1L << 47;
  }

  /** All of physical memory, from gpa 0. */
  long physicalMap() {
    return levels == 5 ? 0xff11_0000_0000_0000L : 0xffff_8880_0000_0000L;
  }

  /** Pages that two processes share, one after the other. */
  long sharedPages() {
    return levels == 5 ? 0xffa0_0000_0000_0000L : 0xffff_c900_0000_0000L;
  }
}
