package dev.gnomon.machine.x86;

/**
 * All that a processor's pins reach. Called outside guest mode, by the CPU that runs the vCPU;
 * boards of several vCPUs share state through the port.
 */
public interface Board {

  /** IN: reads 1, 2 or 4 bytes of a port; a port that nobody claims gives ones. */
  long in(X86Cpu cpu, int port, int size);

  /** OUT: writes 1, 2 or 4 bytes to a port. */
  void out(X86Cpu cpu, int port, int size, long value);

  /** Reads 1, 2, 4 or 8 bytes where no slot holds memory. */
  long mmioRead(X86Cpu cpu, long gpa, int size);

  /** Writes 1, 2, 4 or 8 bytes where no slot holds memory. */
  void mmioWrite(X86Cpu cpu, long gpa, int size, long value);

  /** What {@link #nextInterrupt} gives when there is none. */
  int NO_INTERRUPT = -1;

  /**
   * What it gives when there is one that CR8, or an NMI being handled, holds back: it is asked
   * again when that may have changed.
   */
  int HELD_BACK = -2;

  /**
   * Takes the vector of the highest pending external interrupt, if it can be delivered now (the
   * processor's {@link X86Cpu#isInterruptible}), else a negative number. Here NMI, INIT and SIPI
   * come in too.
   */
  int nextInterrupt(X86Cpu cpu);

  /** HLT: waits until there is something to do. Returns false to stop the vCPU instead. */
  boolean halt(X86Cpu cpu);

  /** RDMSR of a register that the processor itself does not have. */
  default long readMsr(X86Cpu cpu, int msr) {
    throw cpu.raise(GuestException.GP, 0);
  }

  /** WRMSR of a register that the processor itself does not have. */
  default void writeMsr(X86Cpu cpu, int msr, long value) {
    throw cpu.raise(GuestException.GP, 0);
  }

  /** What RDTSC gives. */
  long timestampCounter(X86Cpu cpu);

  /**
   * The guest has come to an instruction that this processor does not know; it gets #UD. Called in
   * guest mode.
   *
   * @param rip where the instruction begins
   * @param bytes up to 15 bytes from there; none if they are not in memory
   */
  default void unknownInstruction(X86Cpu cpu, long rip, byte[] bytes) {}
}
