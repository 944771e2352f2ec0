package dev.gnomon.machine.x86;

import dev.gnomon.machine.x86.decode.Instruction;
import dev.gnomon.machine.x86.decode.Mnemonic;
import java.util.function.BiConsumer;

/** CLI, STI, PUSHF, POPF, CLAC, STAC. Intel SDM vol. 2. */
final class FlagInstructions {
  /** What POPF loads at any CPL. */
  private static final long ALWAYS =
      Flags.ARITHMETIC | Flags.TF | Flags.DF | Flags.NT | Flags.RF | Flags.AC | Flags.ID;

  private FlagInstructions() {}

  static void register(BiConsumer<Mnemonic, OperationMaker> into) {
    into.accept(
        Mnemonic.CLI,
        SimpleOperation.of(
            cpu -> {
              Privileges.requireIoPrivilege(cpu);
              cpu.state().clearSystemFlags(Flags.IF);
            }));
    into.accept(Mnemonic.STI, SimpleOperation.of(FlagInstructions::setInterrupt));
    into.accept(Mnemonic.PUSHF, FlagInstructions::push);
    into.accept(Mnemonic.POPF, FlagInstructions::pop);
    into.accept(Mnemonic.CLAC, SimpleOperation.of(cpu -> setAlignmentCheck(cpu, false)));
    into.accept(Mnemonic.STAC, SimpleOperation.of(cpu -> setAlignmentCheck(cpu, true)));
  }

  private static void setInterrupt(X86Cpu cpu) {
    Privileges.requireIoPrivilege(cpu);
    CpuState state = cpu.state();
    if ((state.systemFlags() & Flags.IF) == 0) {
      state.setSystemFlags(Flags.IF);
      cpu.inhibitInterrupts();
    }
    cpu.lookForInterrupts();
  }

  private static Operation push(Instruction instruction) {
    int size = instruction.operandSize();
    return new SimpleOperation(
        cpu -> {
          StackFrame frame = new StackFrame(cpu);
          frame.current(cpu.codeSize() == 8, 0);
          frame.push(cpu.state().rflags() & ~(Flags.RF | Flags.VM), size);
          frame.commit();
        });
  }

  private static Operation pop(Instruction instruction) {
    int size = instruction.operandSize();
    return new SimpleOperation(
        cpu -> {
          StackReader stack = new StackReader(cpu);
          long value = stack.pop(size) & ~Flags.RF;
          stack.commit();
          CpuState state = cpu.state();
          long loaded = ALWAYS;
          if (Privileges.hasIoPrivilege(state) || !state.isProtected()) {
            loaded |= Flags.IF;
          }
          if (state.cpl == 0) {
            loaded |= Flags.IOPL;
          }
          if (size == 2) {
            loaded &= 0xffff;
          }
          state.setRflags(state.rflags() & ~loaded | value & loaded);
          cpu.modeChanged();
          cpu.lookForInterrupts();
        });
  }

  private static void setAlignmentCheck(X86Cpu cpu, boolean value) {
    CpuState state = cpu.state();
    if (state.cpl != 0) {
      throw cpu.raise(GuestException.UD);
    }
    if (value) {
      state.setSystemFlags(Flags.AC);
    } else {
      state.clearSystemFlags(Flags.AC);
    }
    cpu.modeChanged();
  }
}
