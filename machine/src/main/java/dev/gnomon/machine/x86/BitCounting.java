package dev.gnomon.machine.x86;

import static dev.gnomon.machine.x86.decode.Mnemonic.*;

import dev.gnomon.machine.x86.decode.Instruction;
import dev.gnomon.machine.x86.decode.Mnemonic;
import java.util.function.BiConsumer;

/** BSF, BSR, TZCNT, LZCNT, POPCNT: from a register or memory to a register. */
final class BitCounting {
  private BitCounting() {}

  static void register(BiConsumer<Mnemonic, OperationMaker> into) {
    into.accept(BSF, instruction -> new Scan(instruction, true));
    into.accept(BSR, instruction -> new Scan(instruction, false));
    into.accept(TZCNT, instruction -> new ZeroCount(instruction, true));
    into.accept(LZCNT, instruction -> new ZeroCount(instruction, false));
    into.accept(POPCNT, OneCount::new);
  }

  /** Finds a bit; if there is none, ZF is set and the destination stays as it is. */
  private static final class Scan extends Operation {
    private final Place destination;
    private final Place source;
    private final boolean isForward;

    Scan(Instruction instruction, boolean isForward) {
      destination = Place.of(instruction, 0);
      source = Place.of(instruction, 1);
      this.isForward = isForward;
    }

    @Override
    void execute(X86Cpu cpu) {
      long value = source.read(cpu);
      Flags.setLogic(cpu.state(), value);
      if (value != 0) {
        destination.write(
            cpu,
            isForward ? Long.numberOfTrailingZeros(value) : 63 - Long.numberOfLeadingZeros(value));
      }
    }
  }

  /** CF: the source is 0; ZF: the count is. */
  private static final class ZeroCount extends Operation {
    private final Place destination;
    private final Place source;
    private final int width;
    private final boolean isTrailing;

    ZeroCount(Instruction instruction, boolean isTrailing) {
      destination = Place.of(instruction, 0);
      source = Place.of(instruction, 1);
      width = 8 * source.size;
      this.isTrailing = isTrailing;
    }

    @Override
    void execute(X86Cpu cpu) {
      long value = source.read(cpu);
      int count =
          isTrailing
              ? Math.min(Long.numberOfTrailingZeros(value), width)
              : Long.numberOfLeadingZeros(value) - (64 - width);
      Flags.setLogic(cpu.state(), count);
      Flags.setCarry(cpu.state(), value == 0);
      destination.write(cpu, count);
    }
  }

  /** ZF: the source is 0; the other flags are clear. */
  private static final class OneCount extends Operation {
    private final Place destination;
    private final Place source;

    OneCount(Instruction instruction) {
      destination = Place.of(instruction, 0);
      source = Place.of(instruction, 1);
    }

    @Override
    void execute(X86Cpu cpu) {
      long value = source.read(cpu);
      Flags.setArithmetic(cpu.state(), value == 0 ? Flags.ZF : 0);
      destination.write(cpu, Long.bitCount(value));
    }
  }
}
