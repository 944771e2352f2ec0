package dev.gnomon.machine.guest;

import dev.gnomon.machine.GuestMemoryMap;
import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.mmu.arch.ControlBits;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.arch.PagingMode;

/**
 * What every kernel maps for itself: all of physical memory with the largest pages there are, its
 * own page, and the local APIC.
 *
 * @param memoryMap where its memory is
 */
record KernelHalf(AddressLayout layout, GuestMemoryMap memoryMap) {
  private static final long BITS =
      GuestEntry.PRESENT
          | GuestEntry.WRITABLE
          | GuestEntry.GLOBAL
          | GuestEntry.ACCESSED
          | GuestEntry.DIRTY;

  /** The registers under which the kernel's own tables are used; without paging, flat ones. */
  ControlRegisters registers() {
    PagingMode mode = layout.mode();
    if (mode.isLong()) {
      return ControlRegisters.longMode(mode.levels(), AddressLayout.TOP_GPA, false);
    }
    if (!layout.isPaged()) {
      return flat();
    }
    boolean isPae = mode == PagingMode.PAE;
    return new ControlRegisters(
        ControlBits.CR0_PG | ControlBits.CR0_WP | ControlBits.CR0_PE | ControlBits.CR0_ET,
        AddressLayout.TOP_GPA,
        ControlBits.CR4_PGE | (isPae ? ControlBits.CR4_PAE : ControlBits.CR4_PSE),
        isPae ? ControlBits.EFER_NXE : 0,
        0,
        false,
        false);
  }

  /** Protected mode without paging. */
  static ControlRegisters flat() {
    return new ControlRegisters(ControlBits.CR0_PE | ControlBits.CR0_ET, 0, 0, 0, 0, false, false);
  }

  /** Makes the tables of the kernel's half, while paging is off. */
  void map(Vcpu vcpu, PageTables tables) {
    long top = AddressLayout.TOP_GPA;
    tables.map(vcpu, top, layout.kernelPage(), AddressLayout.KERNEL_FRAME_GPA, BITS, 1);
    tables.map(vcpu, top, layout.localApic(), GuestMemoryMap.LOCAL_APIC, BITS, 1);
    PagingMode mode = layout.mode();
    int level = mode.isLong() ? PageLevel.LEVEL_1G : PageLevel.LEVEL_2M;
    long noExecute = mode == PagingMode.BITS_32 ? 0 : GuestEntry.NO_EXECUTE;
    long bits = BITS | GuestEntry.LARGE | noExecute;
    for (long gpa = 0; gpa < memoryMap.endGpa(); gpa += tables.span(level)) {
      tables.map(vcpu, top, layout.physicalMap() + gpa, gpa, bits, level);
    }
  }
}
