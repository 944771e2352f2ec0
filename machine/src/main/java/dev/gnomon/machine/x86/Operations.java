package dev.gnomon.machine.x86;

import dev.gnomon.machine.x86.decode.Instruction;
import dev.gnomon.machine.x86.decode.Mnemonic;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.BiConsumer;

/** All operations that this processor has: who makes them for which mnemonic. */
final class Operations {
  private final Map<Mnemonic, OperationMaker> makers = new EnumMap<>(Mnemonic.class);

  private final CpuFeatures features;

  Operations(CpuFeatures features) {
    this.features = features;
    BiConsumer<Mnemonic, OperationMaker> into = makers::put;
    IntegerOperations.register(into);
    StringOperations.register(into);
    BitOperations.register(into);
    VectorOperations.register(into);
    SystemOperations.register(into);
    into.accept(Mnemonic.INVALID, instruction -> new Unknown(instruction.length()));
    into.accept(Mnemonic.TOO_LONG, instruction -> new TooLong());
    makers.keySet().removeIf(each -> !features.hasInstruction(each));
    // Older processors do not know the prefix that tells one from the other.
    if (!features.has(CpuFeature.BMI1)) {
      makers.computeIfPresent(Mnemonic.TZCNT, (mnemonic, maker) -> makers.get(Mnemonic.BSF));
    }
    if (!features.has(CpuFeature.ABM)) {
      makers.computeIfPresent(Mnemonic.LZCNT, (mnemonic, maker) -> makers.get(Mnemonic.BSR));
    }
  }

  /** Whether somebody makes it. */
  boolean has(Mnemonic mnemonic) {
    return makers.containsKey(mnemonic);
  }

  /** The operation of an instruction; of one that nobody makes, one that raises #UD. */
  Operation make(Instruction instruction) {
    OperationMaker maker = makers.get(instruction.mnemonic());
    if (maker != null && !isWideExchangeMissing(instruction)) {
      return maker.make(instruction);
    }
    return isMeantToBeUndefined(instruction.mnemonic())
        ? new Undefined()
        : new Unknown(instruction.length());
  }

  /** UD2 and the like, and what CPUID does not report. */
  private boolean isMeantToBeUndefined(Mnemonic mnemonic) {
    return switch (mnemonic) {
      case UD0, UD1, UD2, CMPXCHG8B -> true;
      default -> !features.hasInstruction(mnemonic);
    };
  }

  /** CMPXCHG8B and CMPXCHG16B have one opcode, and a feature each. */
  private boolean isWideExchangeMissing(Instruction instruction) {
    if (instruction.mnemonic() != Mnemonic.CMPXCHG8B) {
      return false;
    }
    return !features.has(instruction.operand(0).size() == 16 ? CpuFeature.CX16 : CpuFeature.CX8);
  }

  /** #GP: more bytes than an instruction can have. */
  private static final class TooLong extends Operation {
    @Override
    void execute(X86Cpu cpu) {
      throw cpu.raise(GuestException.GP, 0);
    }
  }

  /** #UD, and somebody is told: a program that meets it is probably meant for another processor. */
  private static final class Unknown extends Operation {
    private final int length;

    Unknown(int length) {
      this.length = length;
    }

    @Override
    void execute(X86Cpu cpu) {
      long behind = cpu.state().rip;
      long start = cpu.codeSize() == 8 ? behind - length : behind - length & 0xffff_ffffL;
      cpu.board().unknownInstruction(cpu, start, CodeBytes.at(cpu, start));
      throw cpu.raise(GuestException.UD);
    }
  }

  /** #UD. */
  static final class Undefined extends Operation {
    @Override
    void execute(X86Cpu cpu) {
      throw cpu.raise(GuestException.UD);
    }
  }
}
