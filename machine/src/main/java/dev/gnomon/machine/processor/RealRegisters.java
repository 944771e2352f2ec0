package dev.gnomon.machine.processor;

import dev.gnomon.mmu.arch.ControlBits;
import dev.gnomon.mmu.arch.ControlRegisters;

/**
 * The registers that the processor really runs with while the guest's tables are shadowed: paging
 * and WP are always on, entries have 8 bytes and know no-execute; SMEP and SMAP are the guest's,
 * where it has paging; protection keys are off.
 */
final class RealRegisters {
  private static final long KEPT_CR4 =
      ControlBits.CR4_SMEP | ControlBits.CR4_SMAP | ControlBits.CR4_LA57;

  private RealRegisters() {}

  /** What the processor runs with where the guest believes in {@code guest}. */
  static ControlRegisters of(ControlRegisters guest) {
    long cr0 = guest.cr0() | ControlBits.CR0_PG | ControlBits.CR0_PE | ControlBits.CR0_WP;
    long cr4 = ControlBits.CR4_PAE | (guest.isPaging() ? guest.cr4() & KEPT_CR4 : 0);
    long efer = guest.efer() | ControlBits.EFER_NXE;
    if (!guest.isPaging()) {
      efer &= ~ControlBits.EFER_LMA;
    }
    return guest.withModes(cr0, cr4, efer);
  }
}
