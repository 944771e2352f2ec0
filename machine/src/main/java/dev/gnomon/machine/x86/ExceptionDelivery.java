package dev.gnomon.machine.x86;

/** Delivers exceptions and interrupts through the IDT. */
final class ExceptionDelivery {
  private final X86Cpu cpu;

  ExceptionDelivery(X86Cpu cpu) {
    this.cpu = cpu;
  }

  /**
   * Delivers a fault: RIP is that of the instruction which raised it. What goes wrong on the way
   * becomes a double fault, then {@link X86Cpu#shutDown}. Never throws a {@link GuestException}.
   */
  void deliver(GuestException exception) {
    throw new UnsupportedOperationException(
        "exception " + exception.vector() + " at " + Long.toHexString(cpu.state().rip));
  }

  /** Delivers a trap (single step): RIP is that of the next instruction. */
  void deliverTrap(int vector) {
    throw new UnsupportedOperationException("trap " + vector);
  }

  /** Delivers an external interrupt, or NMI (vector 2). */
  void deliverInterrupt(int vector) {
    throw new UnsupportedOperationException("interrupt " + vector);
  }
}
