package dev.gnomon.machine.processor;

import dev.gnomon.mmu.arch.GuestEntry;

/**
 * The control registers of a vCPU as far as paging needs them: what is migrated with it.
 *
 * @param isPaging CR0.PG: without it a gva is a gpa
 * @param levels 4, or 5 with CR4.LA57
 * @param cr3 the gpa of the guest's top table
 * @param isUser whether the processor is at CPL 3
 */
public record ControlRegisters(boolean isPaging, int levels, long cr3, boolean isUser) {

  /** After reset: no paging, CPL 0. */
  public static final ControlRegisters RESET = new ControlRegisters(false, 4, 0, false);

  public ControlRegisters {
    if (levels != 4 && levels != 5) {
      throw new IllegalArgumentException("levels must be 4 or 5");
    }
    if (GuestEntry.address(cr3) != cr3) {
      throw new IllegalArgumentException("CR3 must be a page's address: " + Long.toHexString(cr3));
    }
  }

  /** The registers with another top table. */
  public ControlRegisters withCr3(long value) {
    return new ControlRegisters(isPaging, levels, value, isUser);
  }

  /** The registers in another mode. */
  public ControlRegisters withUser(boolean value) {
    return new ControlRegisters(isPaging, levels, cr3, value);
  }

  /** Whether an address is canonical: its upper bits all equal the highest translated one. */
  public boolean isCanonical(long gva) {
    int unused = Long.SIZE - (12 + 9 * levels);
    return gva << unused >> unused == gva;
  }
}
