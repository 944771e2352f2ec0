package dev.gnomon.machine.x86;

import dev.gnomon.machine.x86.decode.Instruction;
import dev.gnomon.machine.x86.decode.Mnemonic;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.BiConsumer;

/** All operations that this processor has: who makes them for which mnemonic. */
final class Operations {
  private final Map<Mnemonic, OperationMaker> makers = new EnumMap<>(Mnemonic.class);

  Operations() {
    BiConsumer<Mnemonic, OperationMaker> into = makers::put;
    IntegerOperations.register(into);
    StringOperations.register(into);
    BitOperations.register(into);
    VectorOperations.register(into);
    into.accept(Mnemonic.INVALID, instruction -> new Undefined());
    into.accept(Mnemonic.TOO_LONG, instruction -> new TooLong());
  }

  /** The operation of an instruction; of one that nobody makes, one that raises #UD. */
  Operation make(Instruction instruction) {
    OperationMaker maker = makers.get(instruction.mnemonic());
    return maker == null ? new Undefined() : maker.make(instruction);
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
