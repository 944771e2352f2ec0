package dev.gnomon.machine.x86;

import dev.gnomon.machine.x86.decode.Instruction;
import dev.gnomon.machine.x86.decode.Mnemonic;
import dev.gnomon.machine.x86.decode.Operand;
import dev.gnomon.machine.x86.decode.RegisterFile;
import dev.gnomon.mmu.arch.ControlBits;
import java.util.function.BiConsumer;

/** MOV to and from debug registers, and what #DB says in DR6. Intel SDM vol. 3B, 18.2. */
final class DebugRegisters {
  /** DR6: a debug register was accessed while DR7.GD was set. */
  static final long ACCESSED = 1L << 13;

  /** DR6: single step. */
  static final long SINGLE_STEP = 1L << 14;

  /** DR7: GD. */
  static final long GENERAL_DETECT = 1L << 13;

  private static final long DR6_ONES = 0xffff_0ff0L;
  private static final long DR6_LOADED = 0xe00fL;
  private static final long DR7_ONES = 1L << 10;
  private static final long DR7_LOADED = 0xffff_2bffL;

  private DebugRegisters() {}

  static void register(BiConsumer<Mnemonic, OperationMaker> into) {
    into.accept(Mnemonic.MOV_DR, DebugRegisters::move);
  }

  private static Operation move(Instruction instruction) {
    Operand.Register destination = (Operand.Register) instruction.operand(0);
    Operand.Register source = (Operand.Register) instruction.operand(1);
    int size = instruction.is64Bit() ? 8 : 4;
    boolean isLoad = destination.file() == RegisterFile.DEBUG;
    int number = isLoad ? destination.number() : source.number();
    if (number > 7) {
      return new Operations.Undefined();
    }
    if (isLoad) {
      return new SimpleOperation(
          cpu -> store(cpu, index(cpu, number), cpu.state().read(source.number(), size)));
    }
    return new SimpleOperation(
        cpu -> cpu.state().write(destination.number(), size, cpu.state().dr[index(cpu, number)]));
  }

  /** Checks that debug registers may be accessed; 4 and 5 stand for 6 and 7. */
  private static int index(X86Cpu cpu, int number) {
    CpuState state = cpu.state();
    boolean isAlias = number == 4 || number == 5;
    if (isAlias && (state.cr4 & ControlBits.CR4_DE) != 0) {
      throw cpu.raise(GuestException.UD);
    }
    Privileges.requireKernel(cpu);
    if ((state.dr[7] & GENERAL_DETECT) != 0) {
      state.dr[6] |= ACCESSED;
      throw cpu.raise(GuestException.DB);
    }
    return isAlias ? number + 2 : number;
  }

  private static void store(X86Cpu cpu, int index, long value) {
    if (index >= 6 && value >>> 32 != 0) {
      throw cpu.raise(GuestException.GP, 0);
    }
    cpu.state().dr[index] =
        switch (index) {
          case 6 -> value & DR6_LOADED | DR6_ONES;
          case 7 -> value & DR7_LOADED | DR7_ONES;
          default -> value;
        };
    cpu.debugChanged();
  }
}
