package dev.gnomon.machine.x86;

import java.util.function.LongSupplier;

/**
 * Instructions that leave the guest. CPUID, INVD and WBINVD do under every hypervisor, and so does
 * what the board answers. Some others do where the hypervisor intercepts them: KVM on AMD has
 * WRMSR, RDMSR, #UD, MOV to CR0 and CR4 exit; it shows only on processors whose translations do not
 * outlive an exit.
 */
final class Exits {
  private Exits() {}

  /** Leaves the guest and enters it again. */
  static void always(X86Cpu cpu) {
    cpu.vcpu().leaveGuest();
    cpu.vcpu().enterGuest();
  }

  /** The same, if on this processor it makes a difference for the guest. */
  static void whereIntercepted(X86Cpu cpu) {
    if (cpu.vcpu().model().flushesOnEveryExit()) {
      always(cpu);
    }
  }

  /**
   * Asks the board for something outside the guest.
   *
   * @throws GuestException as the board raises it; in the guest again
   */
  static long outside(X86Cpu cpu, LongSupplier board) {
    cpu.vcpu().leaveGuest();
    long value;
    try {
      value = board.getAsLong();
    } catch (GuestException e) {
      cpu.vcpu().enterGuest();
      throw e;
    }
    cpu.vcpu().enterGuest();
    return value;
  }
}
