package dev.gnomon.machine.x86.nativeoracle;

import dev.gnomon.machine.x86.decode.Mnemonic;

/**
 * One instruction while it is being made: what has been decided about it, and which registers have
 * a value that must stay.
 */
final class Draft {
  static final int RAX = 0;
  static final int RCX = 1;
  static final int RDX = 2;
  static final int RBX = 3;
  static final int RSP = 4;
  static final int RBP = 5;
  static final int RSI = 6;
  static final int RDI = 7;
  static final int NONE = -1;

  final Encoding encoding;
  final Program program;

  /** Whether it is the program's only one, so that its registers can be set for it. */
  final boolean isAlone;

  private final boolean[] pinned = new boolean[16];

  /** 2, 4 or 8 bytes. */
  int operandSize = 4;

  /** 4 or 8 bytes. */
  int addressSize = 8;

  boolean hasRex;
  boolean isLocked;

  /** F2 or F3, or 0. */
  int repeat;

  int opcodeVariant;
  int reg;
  int rm;
  int vvvv;
  boolean isMemory;

  /** Where its memory operand is. */
  long address;

  long constant;

  Draft(Encoding encoding, Program program, boolean isAlone) {
    this.encoding = encoding;
    this.program = program;
    this.isAlone = isAlone;
  }

  boolean is64() {
    return program.is64;
  }

  Mnemonic mnemonic() {
    return encoding.mnemonic();
  }

  long value(int register) {
    return program.before.gpr[register];
  }

  /** Gives a register a value, for the time being. */
  void set(int register, long value) {
    program.before.gpr[register] = is64() ? value : value & 0xffff_ffffL;
  }

  /** Gives a register a value that is to stay. */
  void pin(int register, long value) {
    set(register, value);
    pinned[register] = true;
  }

  /** Has a register keep its value. */
  void pin(int register) {
    pinned[register] = true;
  }

  boolean isPinned(int register) {
    return pinned[register];
  }

  /** How many bytes an operand of the encoding's notation has. */
  int size(String operand) {
    if (operand.equals("AL") || operand.equals("CL")) {
      return 1;
    }
    if (operand.equals("rAX")) {
      return operandSize;
    }
    return switch (operand.substring(1)) {
      case "b", "bs" -> 1;
      case "w" -> 2;
      case "d" -> 4;
      case "q" -> 8;
      case "m" -> program.pointerSize();
      case "x" -> 16;
      case "" -> operand.equals("M") ? 1 : 16;
      case "y" -> operandSize == 8 ? 8 : 4;
      case "c" -> operandSize == 8 ? 16 : 8;
      case "z" -> Math.min(operandSize, 4);
      case "RvMw" -> 2;
      default -> operand.endsWith("Mw") ? 2 : operandSize;
    };
  }

  /** Of the operand that may be in memory, in bytes. */
  int rmSize() {
    return size(encoding.rm());
  }

  /** The general register of which a field names a part: without REX 4 to 7 are AH to BH. */
  int whole(int field, String operand) {
    return size(operand) == 1 && !hasRex && field < 8 ? field & 3 : field;
  }

  boolean isAligned() {
    return switch (mnemonic()) {
      case MOVUPS, MOVUPD, MOVDQU -> false;
      default -> !encoding.rm().isEmpty() && rmSize() == 16;
    };
  }

  /** What the operand in ModRM.rm holds before. */
  long rmValue() {
    if (isMemory) {
      return program.read(address, Math.min(rmSize(), 8));
    }
    int size = rmSize();
    boolean isHigh = size == 1 && !hasRex && rm >= 4 && rm < 8;
    long value = isHigh ? value(rm - 4) >>> 8 : value(rm);
    return size == 8 ? value : value & (1L << 8 * size) - 1;
  }
}
