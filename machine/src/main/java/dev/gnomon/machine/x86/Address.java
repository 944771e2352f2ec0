package dev.gnomon.machine.x86;

import dev.gnomon.machine.x86.decode.Instruction;
import dev.gnomon.machine.x86.decode.Operand;

/** The address of a memory operand: how it is computed, without a branch. */
final class Address {
  final int segment;
  private final int base;
  private final int index;
  private final int scale;
  private final long displacement;
  private final long mask;

  Address(Instruction instruction, Operand.Memory memory) {
    segment = memory.segment();
    base = memory.base();
    index = memory.index();
    scale = memory.scale();
    displacement = memory.displacement();
    mask =
        switch (instruction.addressSize()) {
          case 2 -> 0xffffL;
          case 4 -> 0xffff_ffffL;
          default -> -1L;
        };
  }

  /** The offset in the segment, cut to the address size. */
  long offset(CpuState state) {
    long[] gpr = state.gpr;
    return gpr[base] + (gpr[index] << scale) + displacement & mask;
  }

  /** The same, so many bytes further: of a string of bits. */
  long offset(CpuState state, long further) {
    return offset(state) + further & mask;
  }
}
