package dev.gnomon.machine.x86;

/** What shifts and rotations compute, flags included. Intel SDM vol. 2, SAL and RCL. */
final class ShiftFunction {
  static final int SHL = 0;
  static final int SHR = 1;
  static final int SAR = 2;
  static final int ROL = 3;
  static final int ROR = 4;
  static final int RCL = 5;
  static final int RCR = 6;

  private ShiftFunction() {}

  /**
   * Shifts and sets the flags.
   *
   * @param a zero-extended
   * @param count 0 to 31, or to 63 of 8 bytes
   * @return may have anything above the width
   */
  static long apply(int function, CpuState s, long a, int count, Width width) {
    if (count == 0) {
      return a;
    }
    return switch (function) {
      case SHL -> shiftLeft(s, a, count, width);
      case SHR -> shiftRight(s, a, count, width);
      case SAR -> shiftSigned(s, a, count, width);
      case ROL -> rotateLeft(s, a, count, width);
      case ROR -> rotateRight(s, a, count, width);
      case RCL -> rotateCarryLeft(s, a, count, width);
      default -> rotateCarryRight(s, a, count, width);
    };
  }

  private static long shiftLeft(CpuState s, long a, int count, Width width) {
    int bits = 64 - width.shift();
    boolean carry = count <= bits && (a >>> bits - count & 1) != 0;
    long result = width.signed(a << count);
    Flags.setLogic(s, result);
    Flags.setCarryOverflow(s, carry, result < 0 != carry);
    return result;
  }

  private static long shiftRight(CpuState s, long a, int count, Width width) {
    boolean carry = (a >>> count - 1 & 1) != 0;
    long result = a >>> count;
    Flags.setLogic(s, width.signed(result));
    Flags.setCarryOverflow(s, carry, width.signed(a) < 0);
    return result;
  }

  private static long shiftSigned(CpuState s, long a, int count, Width width) {
    long signed = width.signed(a);
    boolean carry = (signed >> count - 1 & 1) != 0;
    long result = signed >> count;
    Flags.setLogic(s, result);
    Flags.setCarryOverflow(s, carry, false);
    return result;
  }

  private static long rotateLeft(CpuState s, long a, int count, Width width) {
    int bits = 64 - width.shift();
    int by = count & bits - 1;
    long result = by == 0 ? a : a << by | a >>> bits - by;
    boolean carry = (result & 1) != 0;
    Flags.setCarryOverflow(s, carry, width.signed(result) < 0 != carry);
    return result;
  }

  private static long rotateRight(CpuState s, long a, int count, Width width) {
    int bits = 64 - width.shift();
    int by = count & bits - 1;
    long result = width.signed(by == 0 ? a : a >>> by | a << bits - by);
    Flags.setCarryOverflow(s, result < 0, result < 0 != width.signed(result << 1) < 0);
    return result;
  }

  /** One bit at a time: the carry is in between. */
  private static long rotateCarryLeft(CpuState s, long a, int count, Width width) {
    int bits = 64 - width.shift();
    long result = a;
    boolean carry = Flags.carry(s);
    for (int i = count % (bits == 64 ? 65 : bits + 1); i > 0; i--) {
      boolean out = (result >>> bits - 1 & 1) != 0;
      result = result << 1 | (carry ? 1 : 0);
      carry = out;
    }
    Flags.setCarryOverflow(s, carry, width.signed(result) < 0 != carry);
    return result & width.mask();
  }

  private static long rotateCarryRight(CpuState s, long a, int count, Width width) {
    int bits = 64 - width.shift();
    long result = a;
    boolean carry = Flags.carry(s);
    for (int i = count % (bits == 64 ? 65 : bits + 1); i > 0; i--) {
      boolean out = (result & 1) != 0;
      result = result >>> 1 | (carry ? 1L << bits - 1 : 0);
      carry = out;
    }
    boolean isOverflow = width.signed(result) < 0 != width.signed(result << 1) < 0;
    Flags.setCarryOverflow(s, carry, isOverflow);
    return result;
  }
}
