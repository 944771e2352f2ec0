package dev.gnomon.machine.x86;

import static dev.gnomon.machine.x86.decode.Mnemonic.*;

import dev.gnomon.machine.x86.decode.Instruction;
import dev.gnomon.machine.x86.decode.Mnemonic;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * BMI1 and BMI2, CRC32, MOVBE, RDRAND and RDSEED; with {@link BitTests} and {@link BitCounting} all
 * that works on bits.
 */
final class BitOperations {
  private BitOperations() {}

  static void register(BiConsumer<Mnemonic, OperationMaker> into) {
    BitTests.register(into);
    BitCounting.register(into);
    // With flags. The carry is given the source and the second operand, both zero-extended.
    into.accept(ANDN, i -> new Combine(i, 1, 2, (a, b, width) -> ~a & b, (a, b, width) -> false));
    into.accept(
        BEXTR, i -> new Combine(i, 1, 2, BitOperations::extract, (a, control, width) -> false));
    into.accept(
        BZHI,
        i ->
            new Combine(i, 1, 2, BitOperations::low, (a, index, width) -> (index & 0xff) >= width));
    into.accept(BLSI, i -> new Combine(i, 1, 1, (a, b, width) -> a & -a, (a, b, width) -> a != 0));
    into.accept(
        BLSR, i -> new Combine(i, 1, 1, (a, b, width) -> a & a - 1, (a, b, width) -> a == 0));
    into.accept(
        BLSMSK, i -> new Combine(i, 1, 1, (a, b, width) -> a ^ a - 1, (a, b, width) -> a == 0));
    // Without flags.
    into.accept(PDEP, i -> new Combine(i, 1, 2, (a, mask, width) -> Long.expand(a, mask), null));
    into.accept(PEXT, i -> new Combine(i, 1, 2, (a, mask, width) -> Long.compress(a, mask), null));
    into.accept(SHLX, i -> new Combine(i, 1, 2, (a, n, width) -> a << (n & width - 1), null));
    into.accept(SHRX, i -> new Combine(i, 1, 2, (a, n, width) -> a >>> (n & width - 1), null));
    into.accept(SARX, i -> new Combine(i, 1, 2, BitOperations::shiftSigned, null));
    into.accept(RORX, i -> new Combine(i, 1, 2, BitOperations::rotate, null));
    into.accept(CRC32, Crc::new);
    into.accept(MULX, Multiply::new);
    into.accept(MOVBE, SwappingMove::new);
    into.accept(RDRAND, Random::new);
    into.accept(RDSEED, Random::new);
  }

  /** Two operands make a third; both are zero-extended from a width of 32 or 64 bits. */
  @FunctionalInterface
  private interface Combination {
    long of(long a, long b, int width);
  }

  @FunctionalInterface
  private interface Carry {
    boolean of(long a, long b, int width);
  }

  private static long extract(long value, long control, int width) {
    int start = (int) control & 0xff;
    int length = (int) control >>> 8 & 0xff;
    return start >= width ? 0 : low(value >>> start, length, width);
  }

  private static long low(long value, long index, int width) {
    int bits = (int) index & 0xff;
    return bits >= width ? value : value & (1L << bits) - 1;
  }

  private static long shiftSigned(long value, long count, int width) {
    return value << 64 - width >> 64 - width >> (count & width - 1);
  }

  private static long rotate(long value, long count, int width) {
    return width == 64
        ? Long.rotateRight(value, (int) count)
        : Integer.rotateRight((int) value, (int) count);
  }

  private static final class Combine extends Operation {
    private final Place destination;
    private final Place first;
    private final Place second;
    private final int width;
    private final Combination combination;
    private final @Nullable Carry carry;

    Combine(
        Instruction instruction,
        int first,
        int second,
        Combination combination,
        @Nullable Carry carry) {
      destination = Place.of(instruction, 0);
      this.first = Place.of(instruction, first);
      this.second = second == first ? this.first : Place.of(instruction, second);
      width = 8 * destination.size;
      this.combination = combination;
      this.carry = carry;
    }

    @Override
    void execute(X86Cpu cpu) {
      long a = first.read(cpu);
      long b = first == second ? a : second.read(cpu);
      long result = combination.of(a, b, width);
      if (carry != null) {
        Flags.setLogic(cpu.state(), result << 64 - width >> 64 - width);
        Flags.setCarry(cpu.state(), carry.of(a, b, width));
      }
      destination.write(cpu, result);
    }
  }

  /** MULX: the high half of rDX times the source, then the low one. */
  private static final class Multiply extends Operation {
    private final Place high;
    private final Place low;
    private final Place source;

    Multiply(Instruction instruction) {
      high = Place.of(instruction, 0);
      low = Place.of(instruction, 1);
      source = Place.of(instruction, 2);
    }

    @Override
    void execute(X86Cpu cpu) {
      long a = cpu.state().read(CpuState.RDX, high.size);
      long b = source.read(cpu);
      low.write(cpu, a * b);
      // Into the same register, the high half is what stays.
      high.write(cpu, high.size == 8 ? Math.unsignedMultiplyHigh(a, b) : a * b >>> 32);
    }
  }

  /** CRC32: by the polynomial 11EDC6F41H, bits reflected; Intel SDM volume 2A. */
  private static final class Crc extends Operation {
    private static final int REFLECTED = 0x82f6_3b78;

    private final Place destination;
    private final Place source;

    Crc(Instruction instruction) {
      destination = Place.of(instruction, 0);
      source = Place.of(instruction, 1);
    }

    @Override
    void execute(X86Cpu cpu) {
      long value = source.read(cpu);
      int crc = (int) destination.read(cpu);
      for (int at = 0; at < source.size; at++) {
        crc ^= (int) (value >>> 8 * at) & 0xff;
        for (int bit = 0; bit < 8; bit++) {
          crc = crc >>> 1 ^ (REFLECTED & -(crc & 1));
        }
      }
      destination.write(cpu, crc & 0xffff_ffffL);
    }
  }

  private static final class SwappingMove extends Operation {
    private final Place destination;
    private final Place source;

    SwappingMove(Instruction instruction) {
      destination = Place.of(instruction, 0);
      source = Place.of(instruction, 1);
    }

    @Override
    void execute(X86Cpu cpu) {
      destination.write(cpu, Long.reverseBytes(source.read(cpu)) >>> 64 - 8 * source.size);
    }
  }

  /** RDRAND, RDSEED: never short of numbers, so CF is always set. */
  private static final class Random extends Operation {
    private final Place destination;

    Random(Instruction instruction) {
      destination = Place.of(instruction, 0);
    }

    @Override
    void execute(X86Cpu cpu) {
      destination.write(cpu, cpu.randomNumbers().next());
      Flags.setArithmetic(cpu.state(), Flags.CF);
    }
  }
}
