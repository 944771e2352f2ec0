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
    into.accept(Mnemonic.INVALID, instruction -> new Undefined());
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

  /** The operation of an instruction; of one that nobody makes, one that raises #UD. */
  Operation make(Instruction instruction) {
    OperationMaker maker = makers.get(instruction.mnemonic());
    return maker == null || isWideExchangeMissing(instruction)
        ? new Undefined()
        : maker.make(instruction);
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

  /** #UD. */
  static final class Undefined extends Operation {
    @Override
    void execute(X86Cpu cpu) {
      throw cpu.raise(GuestException.UD);
    }
  }
}
