package dev.gnomon.mmu.root;

import dev.gnomon.mmu.arch.ControlBits;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.PagingMode;

/**
 * What a change of CR0, CR4 or EFER means for the tables that translate.
 *
 * @param old before
 * @param now after
 */
record RegisterChange(ControlRegisters old, ControlRegisters now) {
  /** What the page tables of a guest depend on. */
  private static final long ROLE_CR0 = ControlBits.CR0_PG | ControlBits.CR0_WP;

  private static final long ROLE_CR4 =
      ControlBits.CR4_PSE
          | ControlBits.CR4_PAE
          | ControlBits.CR4_LA57
          | ControlBits.CR4_SMEP
          | ControlBits.CR4_SMAP
          | ControlBits.CR4_PKE;

  private static final long ROLE_EFER =
      ControlBits.EFER_LME | ControlBits.EFER_LMA | ControlBits.EFER_NXE;

  /** A change of these makes the processor load the PDPTEs. Intel SDM vol. 3A, 4.4.1. */
  private static final long PDPTE_CR0 =
      ControlBits.CR0_CD | ControlBits.CR0_NW | ControlBits.CR0_PG;

  private static final long PDPTE_CR4 =
      ControlBits.CR4_PAE | ControlBits.CR4_PGE | ControlBits.CR4_PSE | ControlBits.CR4_SMEP;

  private static final long FLUSHING_CR4 = ControlBits.CR4_PGE | ControlBits.CR4_PCIDE;

  private boolean isChanged(long cr0Bits, long cr4Bits, long eferBits) {
    return ((old.cr0() ^ now.cr0()) & cr0Bits) != 0
        || ((old.cr4() ^ now.cr4()) & cr4Bits) != 0
        || ((old.efer() ^ now.efer()) & eferBits) != 0;
  }

  /** Whether pages of another kind are wanted now. */
  boolean changesRole() {
    return isChanged(ROLE_CR0, ROLE_CR4, ROLE_EFER);
  }

  /**
   * As {@link #changesRole}, of a root that maps guest-physical addresses: CR0.WP is the
   * processor's affair, if it is all that changes.
   */
  boolean changesTdpRole() {
    boolean isWriteProtect = (old.cr0() ^ now.cr0()) == ControlBits.CR0_WP;
    return isChanged(isWriteProtect ? 0 : ROLE_CR0, ROLE_CR4, ROLE_EFER);
  }

  /** Whether the processor loads the PDPTEs. */
  boolean loadsPdptes() {
    return now.mode() == PagingMode.PAE
        && (old.mode() != PagingMode.PAE || isChanged(PDPTE_CR0, PDPTE_CR4, 0));
  }

  /** Whether all translations are flushed, though the pages stay of one kind. */
  boolean flushesAll() {
    return isChanged(0, FLUSHING_CR4, 0);
  }

  /** Whether entries of the guest's tables may mean something else now. */
  boolean changesEntries() {
    return old.mode() != now.mode() || isChanged(0, ControlBits.CR4_PSE, ControlBits.EFER_NXE);
  }
}
