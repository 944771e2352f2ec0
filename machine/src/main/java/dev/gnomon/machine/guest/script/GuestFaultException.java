package dev.gnomon.machine.guest.script;

import dev.gnomon.mmu.arch.FaultCode;

/** Ends the operation of a script whose access the guest's own page tables refuse. */
final class GuestFaultException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  GuestFaultException(long gva, long code) {
    super(
        "a page fault at 0x" + Long.toHexString(gva) + " (" + FaultCode.describe(code) + ")",
        null,
        false,
        false);
  }
}
