package dev.gnomon.machine.x86;

/**
 * The stack of the running program: SS:rSP, as wide as the mode says. What faults has moved no
 * pointer.
 */
final class Stack {
  private Stack() {}

  /** The stack pointer's bits that count. */
  static long mask(X86Cpu cpu) {
    return Width.of(cpu.stackSize()).mask();
  }

  /** Where the top is. */
  static long top(X86Cpu cpu) {
    return cpu.state().gpr[CpuState.RSP] & mask(cpu);
  }

  /** Moves the pointer; what the mode does not use of it stays. */
  static void setTop(X86Cpu cpu, long top) {
    cpu.state().write(CpuState.RSP, cpu.stackSize(), top);
  }

  /** Pushes 2, 4 or 8 bytes. */
  static void push(X86Cpu cpu, int size, long value) {
    long top = cpu.state().gpr[CpuState.RSP] - size & mask(cpu);
    cpu.writeMemory(CpuState.SS, top, size, value);
    setTop(cpu, top);
  }

  /** Reads what would be popped, {@code depth} bytes below the top. */
  static long peek(X86Cpu cpu, int size, long depth) {
    long at = cpu.state().gpr[CpuState.RSP] + depth & mask(cpu);
    return cpu.readMemory(CpuState.SS, at, size);
  }

  /** Pops 2, 4 or 8 bytes. */
  static long pop(X86Cpu cpu, int size) {
    long value = peek(cpu, size, 0);
    drop(cpu, size);
    return value;
  }

  /** Moves the pointer past what was popped. */
  static void drop(X86Cpu cpu, long bytes) {
    setTop(cpu, cpu.state().gpr[CpuState.RSP] + bytes);
  }
}
