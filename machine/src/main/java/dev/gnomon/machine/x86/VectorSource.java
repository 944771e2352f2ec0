package dev.gnomon.machine.x86;

import dev.gnomon.machine.x86.decode.Instruction;
import dev.gnomon.machine.x86.decode.Operand;
import org.jspecify.annotations.Nullable;

/** The source of 16 bytes of an operation: an XMM register, or memory. */
abstract class VectorSource extends Operation {
  private static final long CR0_EM = 1L << 2;
  private static final long CR0_TS = 1L << 3;
  private static final long CR4_OSFXSR = 1L << 9;

  private final int register;
  private final @Nullable Address address;
  private final boolean isAligned;

  /**
   * Of an instruction's operand.
   *
   * @param isAligned whether memory must be aligned to 16 bytes
   */
  VectorSource(Instruction instruction, int operand, boolean isAligned) {
    this.isAligned = isAligned;
    if (instruction.operand(operand) instanceof Operand.Memory memory) {
      register = 0;
      address = new Address(instruction, memory);
    } else {
      register = number(instruction, operand);
      address = null;
    }
  }

  /** The number of the register that an operand is. */
  static int number(Instruction instruction, int operand) {
    return ((Operand.Register) instruction.operand(operand)).number();
  }

  /** Reads both halves and goes on with them. */
  @Override
  final void execute(X86Cpu cpu) {
    requireVectors(cpu);
    long[] xmm = cpu.state().xmm;
    if (address == null) {
      apply(xmm, xmm[2 * register], xmm[2 * register + 1]);
    } else {
      long linear = linear(cpu, address, isAligned, false);
      long low = cpu.readLinear(linear, 8);
      apply(xmm, low, cpu.readLinear(linear + 8, 8));
    }
  }

  /** Changes the vectors, given the halves of the source. */
  abstract void apply(long[] xmm, long low, long high);

  /**
   * Raises what an SSE instruction raises where the operating system does not use SSE: #UD with
   * CR0.EM or without CR4.OSFXSR, #NM with CR0.TS. Intel SDM volume 3A, table 15-1.
   */
  static void requireVectors(X86Cpu cpu) {
    CpuState state = cpu.state();
    if ((state.cr0 & CR0_EM) != 0 || (state.cr4 & CR4_OSFXSR) == 0) {
      throw cpu.raise(GuestException.UD);
    }
    if ((state.cr0 & CR0_TS) != 0) {
      throw cpu.raise(GuestException.NM);
    }
  }

  /** As {@link #requireVectors}, for FXSAVE and FXRSTOR, which do without CR4.OSFXSR. */
  static void requireFxsave(X86Cpu cpu) {
    if ((cpu.state().cr0 & (CR0_EM | CR0_TS)) != 0) {
      throw cpu.raise(GuestException.NM);
    }
  }

  /** The linear address of 16 bytes; #GP if they must be aligned and are not. */
  static long linear(X86Cpu cpu, Address address, boolean isAligned, boolean isWrite) {
    long linear = cpu.linear(address.segment, address.offset(cpu.state()), 16, isWrite);
    if (isAligned && (linear & 15) != 0) {
      throw cpu.raise(GuestException.GP, 0);
    }
    return linear;
  }
}
