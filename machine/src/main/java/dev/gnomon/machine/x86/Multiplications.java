package dev.gnomon.machine.x86;

import dev.gnomon.machine.x86.decode.Instruction;
import dev.gnomon.machine.x86.decode.Mnemonic;
import dev.gnomon.machine.x86.decode.Operand;
import java.util.function.BiConsumer;

/**
 * MUL, IMUL, DIV, IDIV. Of the flags that are undefined, multiplications set SF, ZF and PF by the
 * low half and clear AF, as Intel's processors do; divisions leave all.
 */
final class Multiplications {
  private Multiplications() {}

  static void register(BiConsumer<Mnemonic, OperationMaker> into) {
    into.accept(Mnemonic.MUL, i -> new Wide(i, false));
    into.accept(
        Mnemonic.IMUL, i -> i.operands().size() == 1 ? new Wide(i, true) : new Truncated(i));
    into.accept(Mnemonic.DIV, i -> new Divide(i, false));
    into.accept(Mnemonic.IDIV, i -> new Divide(i, true));
  }

  private static void setFlags(CpuState s, long low, boolean overflows) {
    Flags.setLogic(s, low);
    Flags.setCarryOverflow(s, overflows, overflows);
  }

  /** rDX:rAX, or AX, gets the whole product. */
  private static final class Wide extends Operation {
    private final Place factor;
    private final Width width;
    private final boolean isSigned;

    Wide(Instruction i, boolean isSigned) {
      factor = Place.of(i, 0);
      width = Width.of(factor.size);
      this.isSigned = isSigned;
    }

    @Override
    void execute(X86Cpu cpu) {
      CpuState s = cpu.state();
      long a = s.read(CpuState.RAX, width.bytes());
      long b = factor.read(cpu);
      if (isSigned) {
        a = width.signed(a);
        b = width.signed(b);
      }
      long low = a * b;
      long high;
      if (width.bytes() == 8) {
        high = isSigned ? Math.multiplyHigh(a, b) : Math.unsignedMultiplyHigh(a, b);
      } else {
        high = low >> 8 * width.bytes();
      }
      long sign = isSigned ? width.signed(low) >> 63 : 0;
      boolean overflows = ((high ^ sign) & width.mask()) != 0;
      if (width.bytes() == 1) {
        s.write(CpuState.RAX, 2, low);
      } else {
        s.write(CpuState.RAX, width.bytes(), low);
        s.write(CpuState.RDX, width.bytes(), high);
      }
      setFlags(s, width.signed(low), overflows);
    }
  }

  /** IMUL with two or three operands. */
  private static final class Truncated extends Operation {
    private final int to;
    private final Place left;
    private final Place right;
    private final Width width;

    Truncated(Instruction i) {
      to = ((Operand.Register) i.operand(0)).number();
      boolean hasThree = i.operands().size() == 3;
      left = Place.of(i, hasThree ? 1 : 0);
      right = Place.of(i, hasThree ? 2 : 1);
      width = Width.of(i.operandSize());
    }

    @Override
    void execute(X86Cpu cpu) {
      CpuState s = cpu.state();
      long a = width.signed(left.read(cpu));
      long b = width.signed(right.read(cpu));
      long product = a * b;
      long low = width.signed(product);
      boolean overflows =
          width.bytes() == 8 ? Math.multiplyHigh(a, b) != product >> 63 : low != product;
      s.write(to, width.bytes(), low);
      setFlags(s, low, overflows);
    }
  }

  /** Of rDX:rAX, or AX, by an operand; #DE if the quotient does not fit. */
  private static final class Divide extends Operation {
    private final Place divisor;
    private final Width width;
    private final boolean isSigned;

    Divide(Instruction i, boolean isSigned) {
      divisor = Place.of(i, 0);
      width = Width.of(divisor.size);
      this.isSigned = isSigned;
    }

    @Override
    void execute(X86Cpu cpu) {
      CpuState s = cpu.state();
      long by = divisor.read(cpu);
      if (by == 0) {
        throw cpu.raise(GuestException.DE);
      }
      int bytes = width.bytes();
      if (bytes == 8) {
        divideLong(cpu, s, by);
        return;
      }
      long dividend =
          bytes == 1
              ? s.read(CpuState.RAX, 2)
              : s.read(CpuState.RDX, bytes) << 8 * bytes | s.read(CpuState.RAX, bytes);
      long quotient;
      long remainder;
      if (isSigned) {
        by = width.signed(by);
        dividend = bytes == 4 ? dividend : Width.of(2 * bytes).signed(dividend);
        // Where a long overflows, the quotient does not fit anyway.
        quotient = dividend / by;
        remainder = dividend % by;
        if (width.signed(quotient) != quotient) {
          throw cpu.raise(GuestException.DE);
        }
      } else {
        quotient = Long.divideUnsigned(dividend, by);
        remainder = Long.remainderUnsigned(dividend, by);
        if ((quotient & ~width.mask()) != 0) {
          throw cpu.raise(GuestException.DE);
        }
      }
      if (bytes == 1) {
        s.write(CpuState.RAX, 2, remainder << 8 | quotient & 0xff);
      } else {
        s.write(CpuState.RAX, bytes, quotient);
        s.write(CpuState.RDX, bytes, remainder);
      }
    }

    private void divideLong(X86Cpu cpu, CpuState s, long by) {
      long high = s.gpr[CpuState.RDX];
      long low = s.gpr[CpuState.RAX];
      boolean isNegative = isSigned && high < 0;
      boolean isOpposite = isSigned && high < 0 != by < 0;
      if (isNegative) {
        high = ~high + (low == 0 ? 1 : 0);
        low = -low;
      }
      long divisorSize = isSigned && by < 0 ? -by : by;
      if (Long.compareUnsigned(high, divisorSize) >= 0) {
        throw cpu.raise(GuestException.DE);
      }
      // The schoolbook's way, bit by bit: the remainder stays below the divisor.
      long quotient = 0;
      long remainder = high;
      if (high == 0) {
        quotient = Long.divideUnsigned(low, divisorSize);
        remainder = Long.remainderUnsigned(low, divisorSize);
      } else {
        for (int bit = 63; bit >= 0; bit--) {
          boolean carry = remainder < 0;
          remainder = remainder << 1 | low >>> bit & 1;
          if (carry || Long.compareUnsigned(remainder, divisorSize) >= 0) {
            remainder -= divisorSize;
            quotient |= 1L << bit;
          }
        }
      }
      if (isSigned) {
        boolean fits = isOpposite ? quotient >= 0 || quotient == Long.MIN_VALUE : quotient >= 0;
        if (!fits) {
          throw cpu.raise(GuestException.DE);
        }
      }
      s.gpr[CpuState.RAX] = isOpposite ? -quotient : quotient;
      s.gpr[CpuState.RDX] = isNegative ? -remainder : remainder;
    }
  }
}
