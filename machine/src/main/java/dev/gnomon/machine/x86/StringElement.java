package dev.gnomon.machine.x86;

import dev.gnomon.machine.x86.decode.Instruction;

/**
 * A string instruction on one element: the source is at DS:rSI, or in the segment of a prefix, the
 * destination at ES:rDI.
 */
abstract class StringElement extends Operation {
  /** Of an element, 1 to 8 bytes. */
  final int size;

  /** Of rSI, rDI and rCX, 2 to 8 bytes. */
  final int addressSize;

  final int sourceSegment;

  StringElement(Instruction instruction) {
    // Of the two opcodes of each instruction the even one is for bytes.
    size = (instruction.opcode() & 1) == 0 ? 1 : instruction.operandSize();
    addressSize = instruction.addressSize();
    int override = instruction.segmentOverride();
    sourceSegment = override < 0 ? CpuState.DS : override;
  }

  /**
   * Does one element or more, of a repeated instruction.
   *
   * @param most how many are left to do, at least 1, unsigned
   * @return how many were done; their registers other than rCX are advanced
   */
  long several(X86Cpu cpu, long most) {
    execute(cpu);
    return 1;
  }

  /** Whether a repeat prefix asks for ZF after each element. */
  boolean compares() {
    return false;
  }

  final long readSource(X86Cpu cpu) {
    return cpu.readMemory(sourceSegment, cpu.state().read(CpuState.RSI, addressSize), size);
  }

  final long readDestination(X86Cpu cpu) {
    return cpu.readMemory(CpuState.ES, cpu.state().read(CpuState.RDI, addressSize), size);
  }

  final void writeDestination(X86Cpu cpu, long value) {
    cpu.writeMemory(CpuState.ES, cpu.state().read(CpuState.RDI, addressSize), size, value);
  }

  final void advanceSource(CpuState state) {
    advance(state, CpuState.RSI, 1);
  }

  final void advanceDestination(CpuState state) {
    advance(state, CpuState.RDI, 1);
  }

  /** Moves an address on by so many elements, in the direction that DF says. */
  final void advance(CpuState state, int register, long elements) {
    long bytes = (state.systemFlags() & Flags.DF) == 0 ? elements * size : -elements * size;
    state.write(register, addressSize, state.gpr[register] + bytes);
  }
}
