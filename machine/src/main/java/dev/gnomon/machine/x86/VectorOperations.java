package dev.gnomon.machine.x86;

import static dev.gnomon.machine.x86.decode.Mnemonic.*;

import dev.gnomon.machine.x86.decode.Instruction;
import dev.gnomon.machine.x86.decode.Mnemonic;
import dev.gnomon.machine.x86.decode.Operand;
import dev.gnomon.machine.x86.vector.HalfFunction;
import dev.gnomon.machine.x86.vector.Packed;
import dev.gnomon.machine.x86.vector.Shifts;
import dev.gnomon.machine.x86.vector.Shuffles;
import dev.gnomon.machine.x86.vector.WholeFunction;
import java.util.function.BiConsumer;

/**
 * SSE and SSE2 on integers: arithmetic, logic, comparison, shifts, shuffles. Arithmetic on
 * floating-point numbers is not there and raises #UD; the bitwise instructions on them are.
 */
final class VectorOperations {
  private VectorOperations() {}

  static void register(BiConsumer<Mnemonic, OperationMaker> into) {
    VectorMoves.register(into);
    VectorTransfers.register(into);
    FxState.register(into);
    registerLogic(into);
    registerArithmetic(into);
    registerShifts(into);
    registerShuffles(into);
  }

  private static void registerLogic(BiConsumer<Mnemonic, OperationMaker> into) {
    halves(into, PAND, (a, b) -> a & b);
    halves(into, ANDPS, (a, b) -> a & b);
    halves(into, ANDPD, (a, b) -> a & b);
    halves(into, PANDN, (a, b) -> ~a & b);
    halves(into, ANDNPS, (a, b) -> ~a & b);
    halves(into, ANDNPD, (a, b) -> ~a & b);
    halves(into, POR, (a, b) -> a | b);
    halves(into, ORPS, (a, b) -> a | b);
    halves(into, ORPD, (a, b) -> a | b);
    into.accept(PXOR, Xor::new);
    into.accept(XORPS, Xor::new);
    into.accept(XORPD, Xor::new);
  }

  private static void registerArithmetic(BiConsumer<Mnemonic, OperationMaker> into) {
    halves(into, PADDB, Packed::paddb);
    halves(into, PADDW, Packed::paddw);
    halves(into, PADDD, Packed::paddd);
    halves(into, PADDQ, Long::sum);
    halves(into, PADDSB, Packed::paddsb);
    halves(into, PADDSW, Packed::paddsw);
    halves(into, PADDUSB, Packed::paddusb);
    halves(into, PADDUSW, Packed::paddusw);
    halves(into, PSUBB, Packed::psubb);
    halves(into, PSUBW, Packed::psubw);
    halves(into, PSUBD, Packed::psubd);
    halves(into, PSUBQ, (a, b) -> a - b);
    halves(into, PSUBSB, Packed::psubsb);
    halves(into, PSUBSW, Packed::psubsw);
    halves(into, PSUBUSB, Packed::psubusb);
    halves(into, PSUBUSW, Packed::psubusw);
    halves(into, PAVGB, Packed::pavgb);
    halves(into, PAVGW, Packed::pavgw);
    halves(into, PMINUB, Packed::pminub);
    halves(into, PMAXUB, Packed::pmaxub);
    halves(into, PMINSW, Packed::pminsw);
    halves(into, PMAXSW, Packed::pmaxsw);
    halves(into, PMULLW, Packed::pmullw);
    halves(into, PMULHW, Packed::pmulhw);
    halves(into, PMULHUW, Packed::pmulhuw);
    halves(into, PMULUDQ, Packed::pmuludq);
    halves(into, PMADDWD, Packed::pmaddwd);
    halves(into, PSADBW, Packed::psadbw);
    halves(into, PCMPEQB, Packed::pcmpeqb);
    halves(into, PCMPEQW, Packed::pcmpeqw);
    halves(into, PCMPEQD, Packed::pcmpeqd);
    halves(into, PCMPGTB, Packed::pcmpgtb);
    halves(into, PCMPGTW, Packed::pcmpgtw);
    halves(into, PCMPGTD, Packed::pcmpgtd);
  }

  private static void registerShifts(BiConsumer<Mnemonic, OperationMaker> into) {
    shift(into, PSLLW, Shifts::psllw);
    shift(into, PSLLD, Shifts::pslld);
    shift(into, PSLLQ, Shifts::psllq);
    shift(into, PSRLW, Shifts::psrlw);
    shift(into, PSRLD, Shifts::psrld);
    shift(into, PSRLQ, Shifts::psrlq);
    shift(into, PSRAW, Shifts::psraw);
    shift(into, PSRAD, Shifts::psrad);
    into.accept(
        PSLLDQ,
        instruction -> {
          int bytes = constant(instruction, 1);
          return new Whole(
              instruction,
              0,
              (low, high, l, h) -> Shifts.pslldqLow(low, bytes),
              (low, high, l, h) -> Shifts.pslldqHigh(low, high, bytes));
        });
    into.accept(
        PSRLDQ,
        instruction -> {
          int bytes = constant(instruction, 1);
          return new Whole(
              instruction,
              0,
              (low, high, l, h) -> Shifts.psrldqLow(low, high, bytes),
              (low, high, l, h) -> Shifts.psrldqHigh(high, bytes));
        });
  }

  private static void registerShuffles(BiConsumer<Mnemonic, OperationMaker> into) {
    unpack(into, PUNPCKLBW, true, Shuffles::interleaveLowBytes, Shuffles::interleaveHighBytes);
    unpack(into, PUNPCKLWD, true, Shuffles::interleaveLowWords, Shuffles::interleaveHighWords);
    unpack(into, PUNPCKHBW, false, Shuffles::interleaveLowBytes, Shuffles::interleaveHighBytes);
    unpack(into, PUNPCKHWD, false, Shuffles::interleaveLowWords, Shuffles::interleaveHighWords);
    HalfFunction lows = Shuffles::interleaveLowDoublewords;
    HalfFunction highs = Shuffles::interleaveHighDoublewords;
    unpack(into, PUNPCKLDQ, true, lows, highs);
    unpack(into, UNPCKLPS, true, lows, highs);
    unpack(into, PUNPCKHDQ, false, lows, highs);
    unpack(into, UNPCKHPS, false, lows, highs);
    unpack(into, PUNPCKLQDQ, true, (a, b) -> a, (a, b) -> b);
    unpack(into, UNPCKLPD, true, (a, b) -> a, (a, b) -> b);
    unpack(into, PUNPCKHQDQ, false, (a, b) -> a, (a, b) -> b);
    unpack(into, UNPCKHPD, false, (a, b) -> a, (a, b) -> b);
    pack(into, PACKSSWB, Shuffles::packsswb);
    pack(into, PACKUSWB, Shuffles::packuswb);
    pack(into, PACKSSDW, Shuffles::packssdw);
    shuffle(
        into,
        PSHUFD,
        order -> (a, b, low, high) -> Shuffles.chooseDoublewords(low, high, order & 15),
        order -> (a, b, low, high) -> Shuffles.chooseDoublewords(low, high, order >> 4));
    shuffle(
        into,
        PSHUFLW,
        order -> (a, b, low, high) -> Shuffles.chooseWords(low, order),
        order -> (a, b, low, high) -> high);
    shuffle(
        into,
        PSHUFHW,
        order -> (a, b, low, high) -> low,
        order -> (a, b, low, high) -> Shuffles.chooseWords(high, order));
    shuffle(
        into,
        SHUFPS,
        order -> (a, b, low, high) -> Shuffles.chooseDoublewords(a, b, order & 15),
        order -> (a, b, low, high) -> Shuffles.chooseDoublewords(low, high, order >> 4));
    shuffle(
        into,
        SHUFPD,
        order -> (a, b, low, high) -> (order & 1) == 0 ? a : b,
        order -> (a, b, low, high) -> (order & 2) == 0 ? low : high);
  }

  private static void halves(
      BiConsumer<Mnemonic, OperationMaker> into, Mnemonic mnemonic, HalfFunction function) {
    into.accept(mnemonic, instruction -> new Halves(instruction, function));
  }

  /** By a constant, or by the low half of a vector. */
  private static void shift(
      BiConsumer<Mnemonic, OperationMaker> into, Mnemonic mnemonic, HalfFunction function) {
    into.accept(
        mnemonic,
        instruction -> {
          if (instruction.operand(1) instanceof Operand.Immediate) {
            int count = constant(instruction, 1);
            return new Whole(
                instruction,
                0,
                (low, high, l, h) -> function.apply(low, count),
                (low, high, l, h) -> function.apply(high, count));
          }
          return new Whole(
              instruction,
              1,
              (low, high, count, h) -> function.apply(low, count),
              (low, high, count, h) -> function.apply(high, count));
        });
  }

  /** Interleaves the low halves of both operands, or the high ones. */
  private static void unpack(
      BiConsumer<Mnemonic, OperationMaker> into,
      Mnemonic mnemonic,
      boolean isLow,
      HalfFunction first,
      HalfFunction second) {
    WholeFunction low =
        isLow ? (a, b, l, h) -> first.apply(a, l) : (a, b, l, h) -> first.apply(b, h);
    WholeFunction high =
        isLow ? (a, b, l, h) -> second.apply(a, l) : (a, b, l, h) -> second.apply(b, h);
    into.accept(mnemonic, instruction -> new Whole(instruction, 1, low, high));
  }

  private static void pack(
      BiConsumer<Mnemonic, OperationMaker> into, Mnemonic mnemonic, HalfFunction function) {
    WholeFunction low = (a, b, l, h) -> function.apply(a, b);
    WholeFunction high = (a, b, l, h) -> function.apply(l, h);
    into.accept(mnemonic, instruction -> new Whole(instruction, 1, low, high));
  }

  /** What an order, the constant of the instruction, makes of the operands. */
  @FunctionalInterface
  private interface Ordered {
    WholeFunction by(int order);
  }

  private static void shuffle(
      BiConsumer<Mnemonic, OperationMaker> into, Mnemonic mnemonic, Ordered low, Ordered high) {
    into.accept(
        mnemonic,
        instruction -> {
          int order = constant(instruction, 2);
          return new Whole(instruction, 1, low.by(order), high.by(order));
        });
  }

  /** An operand that is a constant of 8 bits. */
  static int constant(Instruction instruction, int operand) {
    return (int) ((Operand.Immediate) instruction.operand(operand)).value() & 0xff;
  }

  /** One function for both halves. */
  private static final class Halves extends VectorSource {
    private final int destination;
    private final HalfFunction function;

    Halves(Instruction instruction, HalfFunction function) {
      super(instruction, 1, true);
      destination = 2 * number(instruction, 0);
      this.function = function;
    }

    @Override
    void apply(long[] xmm, long low, long high) {
      xmm[destination] = function.apply(xmm[destination], low);
      xmm[destination + 1] = function.apply(xmm[destination + 1], high);
    }
  }

  /** By itself, as compilers clear registers with it. */
  private static final class Xor extends VectorSource {
    private final int destination;

    Xor(Instruction instruction) {
      super(instruction, 1, true);
      destination = 2 * number(instruction, 0);
    }

    @Override
    void apply(long[] xmm, long low, long high) {
      xmm[destination] ^= low;
      xmm[destination + 1] ^= high;
    }
  }

  /** A function for each half, of all halves. */
  private static final class Whole extends VectorSource {
    private final int destination;
    private final WholeFunction lowFunction;
    private final WholeFunction highFunction;

    Whole(Instruction instruction, int source, WholeFunction low, WholeFunction high) {
      super(instruction, source, true);
      destination = 2 * number(instruction, 0);
      lowFunction = low;
      highFunction = high;
    }

    @Override
    void apply(long[] xmm, long low, long high) {
      long oldLow = xmm[destination];
      long oldHigh = xmm[destination + 1];
      xmm[destination] = lowFunction.apply(oldLow, oldHigh, low, high);
      xmm[destination + 1] = highFunction.apply(oldLow, oldHigh, low, high);
    }
  }
}
