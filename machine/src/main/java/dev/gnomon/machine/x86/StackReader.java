package dev.gnomon.machine.x86;

/** Pops from the stack in use, leaving RSP as it is until all has been checked. */
final class StackReader {
  private final X86Cpu cpu;
  private final long mask;
  private long sp;

  StackReader(X86Cpu cpu) {
    this.cpu = cpu;
    mask =
        switch (cpu.stackSize()) {
          case 2 -> 0xffff;
          case 4 -> 0xffff_ffffL;
          default -> -1;
        };
    sp = cpu.state().gpr[CpuState.RSP] & mask;
  }

  /** Pops 2, 4 or 8 bytes. */
  long pop(int size) {
    long value = cpu.readMemory(CpuState.SS, sp, size);
    skip(size);
    return value;
  }

  /** Goes past some bytes. */
  void skip(int bytes) {
    sp = sp + bytes & mask;
  }

  /** Makes RSP what it has come to. */
  void commit() {
    long[] gpr = cpu.state().gpr;
    gpr[CpuState.RSP] = mask == 0xffff ? gpr[CpuState.RSP] & ~0xffffL | sp : sp;
  }
}
