package dev.gnomon.machine.x86;

import static dev.gnomon.machine.x86.decode.Mnemonic.*;

import dev.gnomon.machine.x86.decode.Instruction;
import dev.gnomon.machine.x86.decode.Mnemonic;
import dev.gnomon.machine.x86.decode.Operand;
import java.util.function.BiConsumer;

/**
 * Moves of whole vectors. 16 bytes are two accesses of 8, the lower first; a store that crosses
 * pages checks both before.
 */
final class VectorMoves {
  private VectorMoves() {}

  static void register(BiConsumer<Mnemonic, OperationMaker> into) {
    move(into, false, MOVUPS, MOVUPD, MOVDQU);
    move(into, true, MOVAPS, MOVAPD, MOVDQA, MOVNTPS, MOVNTPD, MOVNTDQ);
  }

  private static void move(
      BiConsumer<Mnemonic, OperationMaker> into, boolean isAligned, Mnemonic... mnemonics) {
    for (Mnemonic mnemonic : mnemonics) {
      into.accept(
          mnemonic,
          instruction ->
              instruction.operand(0) instanceof Operand.Memory memory
                  ? new Store(instruction, memory, isAligned)
                  : new Load(instruction, isAligned));
    }
  }

  private static final class Load extends VectorSource {
    private final int destination;

    Load(Instruction instruction, boolean isAligned) {
      super(instruction, 1, isAligned);
      destination = 2 * number(instruction, 0);
    }

    @Override
    void apply(long[] xmm, long low, long high) {
      xmm[destination] = low;
      xmm[destination + 1] = high;
    }
  }

  private static final class Store extends Operation {
    /** From this offset in a page on, 16 bytes cross into the next. */
    private static final long CROSSING = 4096 - 16 + 1;

    private final Address address;
    private final int source;
    private final boolean isAligned;

    Store(Instruction instruction, Operand.Memory memory, boolean isAligned) {
      address = new Address(instruction, memory);
      source = 2 * VectorSource.number(instruction, 1);
      this.isAligned = isAligned;
    }

    @Override
    void execute(X86Cpu cpu) {
      VectorSource.requireVectors(cpu);
      long linear = VectorSource.linear(cpu, address, isAligned, true);
      if ((linear & 4095) >= CROSSING) {
        cpu.prepareWriteLinear(linear, 16);
      }
      long[] xmm = cpu.state().xmm;
      cpu.writeLinear(linear, 8, xmm[source]);
      cpu.writeLinear(linear + 8, 8, xmm[source + 1]);
    }
  }
}
