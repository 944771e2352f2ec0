package dev.gnomon.machine.x86;

import dev.gnomon.machine.x86.decode.Instruction;
import dev.gnomon.machine.x86.decode.Mnemonic;
import dev.gnomon.machine.x86.decode.Operand;
import java.util.function.BiConsumer;

/**
 * SHL, SHR, SAR, ROL, ROR, RCL, RCR, SHLD, SHRD. A count of 0 leaves the flags; otherwise OF, which
 * is defined for a count of 1, is set by the same rule for all.
 */
final class Shifts {
  private Shifts() {}

  static void register(BiConsumer<Mnemonic, OperationMaker> into) {
    into.accept(Mnemonic.SHL, i -> make(i, ShiftFunction.SHL));
    into.accept(Mnemonic.SHR, i -> make(i, ShiftFunction.SHR));
    into.accept(Mnemonic.SAR, i -> make(i, ShiftFunction.SAR));
    into.accept(Mnemonic.ROL, i -> make(i, ShiftFunction.ROL));
    into.accept(Mnemonic.ROR, i -> make(i, ShiftFunction.ROR));
    into.accept(Mnemonic.RCL, i -> make(i, ShiftFunction.RCL));
    into.accept(Mnemonic.RCR, i -> make(i, ShiftFunction.RCR));
    into.accept(Mnemonic.SHLD, i -> new Double(i, true));
    into.accept(Mnemonic.SHRD, i -> new Double(i, false));
  }

  private static Operation make(Instruction i, int function) {
    Operand to = i.operand(0);
    if (BinaryOperations.isGeneral(to) && i.operand(1) instanceof Operand.Immediate count) {
      int number = ((Operand.Register) to).number();
      return new OfRegister(number, Width.of(to.size()), (int) count.value(), function);
    }
    return new OfPlace(Place.of(i, 0), Place.of(i, 1), function);
  }

  private static int countMask(Width width) {
    return width.bytes() == 8 ? 63 : 31;
  }

  private static final class OfRegister extends Operation {
    private final int number;
    private final Width width;
    private final int count;
    private final int function;

    OfRegister(int number, Width width, int count, int function) {
      this.number = number;
      this.width = width;
      this.count = count & countMask(width);
      this.function = function;
    }

    @Override
    void execute(X86Cpu cpu) {
      CpuState s = cpu.state();
      long[] gpr = s.gpr;
      long a = gpr[number];
      long result = ShiftFunction.apply(function, s, a & width.mask(), count, width);
      gpr[number] = a & width.kept() | result & width.mask();
    }
  }

  private static final class OfPlace extends Operation {
    private final Place to;
    private final Place count;
    private final Width width;
    private final int function;

    OfPlace(Place to, Place count, int function) {
      this.to = to;
      this.count = count;
      this.function = function;
      width = Width.of(to.size);
    }

    @Override
    void execute(X86Cpu cpu) {
      CpuState s = cpu.state();
      long a = to.readForUpdate(cpu);
      int by = (int) count.read(cpu) & countMask(width);
      if (to.isMemory()) {
        // The flags are set when nothing can fault any more.
        long result = s.flagResult;
        long carry = s.flagCarry;
        long adjust = s.flagAdjust;
        long shifted = ShiftFunction.apply(function, s, a, by, width);
        try {
          to.write(cpu, shifted);
        } catch (GuestException e) {
          s.flagResult = result;
          s.flagCarry = carry;
          s.flagAdjust = adjust;
          throw e;
        }
      } else {
        to.write(cpu, ShiftFunction.apply(function, s, a, by, width));
      }
    }
  }

  /**
   * SHLD, SHRD. A count above 16 for operands of 2 bytes is undefined: it goes on with the first.
   */
  private static final class Double extends Operation {
    private final Place to;
    private final Place from;
    private final Place count;
    private final Width width;
    private final boolean isLeft;

    Double(Instruction i, boolean isLeft) {
      to = Place.of(i, 0);
      from = Place.of(i, 1);
      count = Place.of(i, 2);
      width = Width.of(to.size);
      this.isLeft = isLeft;
    }

    @Override
    void execute(X86Cpu cpu) {
      CpuState s = cpu.state();
      int by = (int) count.read(cpu) & countMask(width);
      long a = to.readForUpdate(cpu);
      if (by == 0) {
        to.write(cpu, a);
        return;
      }
      int bits = 64 - width.shift();
      long b = from.read(cpu);
      long result;
      boolean carry;
      if (by > bits) {
        int rest = by - bits;
        result = isLeft ? b << rest | a >>> bits - rest : b >>> rest | a << bits - rest;
        carry = (isLeft ? b >>> bits - rest & 1 : b >>> rest - 1 & 1) != 0;
      } else {
        carry = (isLeft ? a >>> bits - by & 1 : a >>> by - 1 & 1) != 0;
        if (by == bits) {
          result = b;
        } else {
          result = isLeft ? a << by | b >>> bits - by : a >>> by | b << bits - by;
        }
      }
      to.write(cpu, result);
      long signed = width.signed(result);
      Flags.setLogic(s, signed);
      Flags.setCarryOverflow(s, carry, signed < 0 != width.signed(a) < 0);
    }
  }
}
