package dev.gnomon.machine.guest;

import dev.gnomon.mmu.arch.PagingMode;

/**
 * Where things lie in guest-virtual address space, as in Linux: user memory in the lower half; in
 * the upper half all physical memory, pages shared among processes, the local APIC, and the
 * kernel's own page. In 32 bits the halves have 2 GiB.
 *
 * @param levels levels of the guest's page tables: 2 (32-bit paging), 3 (PAE), 4 or 5
 */
record AddressLayout(int levels) {
  private static final long USER_END_32 = 1L << 31;

  AddressLayout {
    if (levels < 2 || levels > 5) {
      throw new IllegalArgumentException("a guest has 2 to 5 levels of page tables");
    }
  }

  /** How the guest pages. */
  PagingMode mode() {
    return switch (levels) {
      case 2 -> PagingMode.BITS_32;
      case 3 -> PagingMode.PAE;
      case 4 -> PagingMode.LEVEL_4;
      default -> PagingMode.LEVEL_5;
    };
  }

  /** The kernel's page of data. */
  long kernelPage() {
    return mode().isLong() ? 0xffff_ffff_8000_0000L : 0xf900_0000L;
  }

  /** The local APIC. */
  long localApic() {
    return mode().isLong() ? 0xffff_ffff_fee0_0000L : 0xfee0_0000L;
  }

  /** The first address that no process may use. */
  long userEnd() {
    return switch (levels) {
      case 5 -> 1L << 56;
      case 4 -> 1L << 47;
      default -> USER_END_32;
    };
  }

  /** The bits of a traced address that are used: all, or where there are 32, the lower 31. */
  long userMask() {
    return mode().isLong() ? -1 : USER_END_32 - 1;
  }

  /** All of physical memory, from gpa 0. */
  long physicalMap() {
    return switch (levels) {
      case 5 -> 0xff11_0000_0000_0000L;
      case 4 -> 0xffff_8880_0000_0000L;
      default -> USER_END_32;
    };
  }

  /** Pages that two processes share, one after the other. */
  long sharedPages() {
    return switch (levels) {
      case 5 -> 0xffa0_0000_0000_0000L;
      case 4 -> 0xffff_c900_0000_0000L;
      default -> 0xf000_0000L;
    };
  }
}
