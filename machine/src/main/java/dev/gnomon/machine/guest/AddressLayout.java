package dev.gnomon.machine.guest;

import dev.gnomon.machine.GuestMemoryMap;
import dev.gnomon.mmu.arch.PagingMode;
import dev.gnomon.mmu.platform.PhysicalMemory;

/**
 * Where things lie in guest-virtual address space, as in Linux: user memory in the lower half; in
 * the upper half all physical memory, pages shared among processes, a window onto the tables in
 * use, the local APIC, and the kernel's own page. In 32 bits the halves have 2 GiB. Without paging
 * all lie where they are in physical memory.
 *
 * @param levels levels of the guest's page tables: 0 (no paging), 2 (32-bit paging), 3 (PAE), 4, 5
 */
record AddressLayout(int levels) {
  /** The kernel's page of data. */
  static final long KERNEL_FRAME_GPA = 0x1000;

  /** The kernel's own top table. */
  static final long TOP_GPA = 0x2000;

  /** The first frame that is neither. */
  static final long FIRST_FREE_FRAME = 3;

  private static final long USER_END_32 = 1L << 31;

  /** Of the top table, in long mode, the entry that points back at it. */
  private static final int RECURSIVE_INDEX = 496;

  AddressLayout {
    if (levels != 0 && (levels < 2 || levels > 5)) {
      throw new IllegalArgumentException("a guest has no page tables, or 2 to 5 levels of them");
    }
  }

  /** How the guest pages. */
  PagingMode mode() {
    return switch (levels) {
      case 0 -> PagingMode.NONE;
      case 2 -> PagingMode.BITS_32;
      case 3 -> PagingMode.PAE;
      case 4 -> PagingMode.LEVEL_4;
      default -> PagingMode.LEVEL_5;
    };
  }

  boolean isPaged() {
    return levels != 0;
  }

  /** The kernel's page of data. */
  long kernelPage() {
    return !isPaged() ? KERNEL_FRAME_GPA : mode().isLong() ? 0xffff_ffff_8000_0000L : 0xf900_0000L;
  }

  /** The local APIC. */
  long localApic() {
    return mode().isLong() ? 0xffff_ffff_fee0_0000L : GuestMemoryMap.LOCAL_APIC;
  }

  /** The first address that no process may use. */
  long userEnd() {
    return switch (levels) {
      case 5 -> 1L << 56;
      case 4 -> 1L << 47;
      default -> USER_END_32;
    };
  }

  /** All of physical memory, from gpa 0. */
  long physicalMap() {
    return switch (levels) {
      case 5 -> 0xff11_0000_0000_0000L;
      case 4 -> 0xffff_8880_0000_0000L;
      case 0 -> 0;
      default -> USER_END_32;
    };
  }

  /** Pages that two processes share, one after the other. */
  long sharedPages() {
    return switch (levels) {
      case 5 -> 0xffa0_0000_0000_0000L;
      case 4 -> 0xffff_c900_0000_0000L;
      case 0 -> PhysicalMemory.hpa(FIRST_FREE_FRAME);
      default -> 0xf000_0000L;
    };
  }

  /** The end of room for shared pages. */
  long sharedPagesEnd() {
    return sharedPages() + (isPaged() ? 0x900_0000L : 0);
  }

  /** The first entry, of its table, of those through which the tables in use are seen. */
  int recursiveIndex() {
    return switch (levels) {
      case 2 -> 1023;
      case 3 -> 508;
      default -> RECURSIVE_INDEX;
    };
  }

  /**
   * Where the entry for an address is found, of the tables in use, through the entries that point
   * back at them: the walk goes round so often that it ends at a table instead of a page. PDPTEs of
   * PAE are not seen so.
   */
  long recursiveEntry(long gva, int level) {
    long at = gva;
    for (int i = 0; i < level; i++) {
      at = seen(at);
    }
    return at;
  }

  private long seen(long gva) {
    return switch (levels) {
      case 2 -> 0xffc0_0000L + (gva >>> 12 << 2);
      case 3 -> 0xff80_0000L + (gva >>> 12 << 3);
      default -> {
        int bits = 12 + 9 * levels;
        long top = (long) RECURSIVE_INDEX << bits - 9;
        long canonical = top << Long.SIZE - bits >> Long.SIZE - bits;
        yield canonical + ((gva & (1L << bits) - 1) >>> 12 << 3);
      }
    };
  }

  // --- who has which addresses ---

  /**
   * The addresses of one of so many players.
   *
   * @param player its number
   * @param threads how many share an address space
   * @param memory without paging, what is shared out
   */
  UserRegion region(int player, int players, int threads, GuestMemoryMap memory) {
    if (!isPaged()) {
      long taken = sharedPages() + PhysicalMemory.hpa(SharedPages.pairs(players));
      long size = Long.highestOneBit((memory.lowBytes() - taken) / players);
      if (size < PhysicalMemory.FRAME_SIZE) {
        throw new OutOfGuestMemoryException(memory.memoryBytes());
      }
      return new UserRegion(memory.lowBytes() - (player + 1) * size, size, true);
    }
    long size = userEnd() / (Integer.highestOneBit(2 * threads - 1));
    return new UserRegion(player % threads * size, size, !mode().isLong() || threads > 1);
  }
}
