package dev.gnomon.machine.x86;

/**
 * The functions of two operands that arithmetic instructions compute, and the flags they leave.
 * Results may have anything above the operands' size.
 */
final class Arithmetic {
  static final int ADD = 0;
  static final int OR = 1;
  static final int ADC = 2;
  static final int SBB = 3;
  static final int AND = 4;
  static final int SUB = 5;
  static final int XOR = 6;

  private Arithmetic() {}

  /** The result; flags stay. */
  static long compute(int function, CpuState s, long a, long b) {
    return switch (function) {
      case ADD -> a + b;
      case OR -> a | b;
      case ADC -> a + b + (s.flagCarry >>> 63);
      case SBB -> a - b - (s.flagCarry >>> 63);
      case AND -> a & b;
      case SUB -> a - b;
      default -> a ^ b;
    };
  }

  /** The flags of a result that was computed before. */
  static void setFlags(int function, CpuState s, long a, long b, long result, int shift) {
    switch (function) {
      case ADD, ADC -> Flags.setAdd(s, a, b, result, shift);
      case SUB, SBB -> Flags.setSubtract(s, a, b, result, shift);
      default -> Flags.setLogic(s, result << shift >> shift);
    }
  }

  /** INC: all flags of an addition of 1 but CF. */
  static void setIncrement(CpuState s, long a, long result, int shift) {
    boolean carry = Flags.carry(s);
    Flags.setAdd(s, a, 1, result, shift);
    Flags.setCarry(s, carry);
  }

  /** DEC: all flags of a subtraction of 1 but CF. */
  static void setDecrement(CpuState s, long a, long result, int shift) {
    boolean carry = Flags.carry(s);
    Flags.setSubtract(s, a, 1, result, shift);
    Flags.setCarry(s, carry);
  }
}
