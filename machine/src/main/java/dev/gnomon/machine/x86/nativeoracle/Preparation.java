package dev.gnomon.machine.x86.nativeoracle;

import dev.gnomon.machine.x86.Flags;
import dev.gnomon.machine.x86.decode.Mnemonic;
import java.math.BigInteger;

/**
 * What an instruction finds in registers and data, so that it does not fault and that its
 * interesting cases are met.
 */
final class Preparation {
  private static final int MOST_ELEMENTS = 48;

  private final Values values;
  private final Draft draft;
  private final Program program;

  Preparation(Values values, Draft draft) {
    this.values = values;
    this.draft = draft;
    program = draft.program;
  }

  /** Sets what does not depend on where the operand in memory is; false if this cannot be. */
  boolean beforeAddress() {
    Encoding encoding = draft.encoding;
    if (encoding.hasKind('X') || encoding.hasKind('Y')) {
      prepareString();
    }
    return switch (draft.mnemonic()) {
      case XLAT -> prepareXlat();
      case ENTER, LEAVE -> prepareFrame();
      case POPF -> preparePopf();
      case RET -> prepareReturn();
      case MASKMOVDQU -> prepareMaskedStore();
      case LOOP, LOOPE, LOOPNE, JCXZ -> prepareLoop();
      case JMP, CALL -> prepareBranch();
      case BT, BTS, BTR, BTC -> prepareBitNumber();
      case SHLD, SHRD -> prepareDoubleShift();
      case AAM -> prepareAam();
      // With 16 bits its result is undefined.
      case BSWAP -> draft.operandSize != 2;
      // MPX, which may be there or not.
      case NOP -> (lastOpcode() & 0xfe) != 0x1a;
      default -> true;
    };
  }

  private int lastOpcode() {
    int[] opcode = draft.encoding.opcode();
    return opcode[opcode.length - 1] + draft.opcodeVariant;
  }

  /**
   * Sets what lies where the operand is, or depends on it; false if the instruction would fault.
   */
  boolean afterAddress() {
    return switch (draft.mnemonic()) {
      case DIV, IDIV -> prepareDivision();
      case LDMXCSR -> prepareMxcsr();
      case CMPXCHG -> prepareComparison(Math.min(draft.rmSize(), 8));
      case CMPXCHG8B -> prepareComparison(draft.rmSize());
      case JMP, CALL -> putTarget();
      default -> true;
    };
  }

  private void prepareString() {
    int size = (draft.encoding.opcode()[0] & 1) == 0 ? 1 : draft.operandSize;
    int count = draft.repeat == 0 ? 1 : values.below(MOST_ELEMENTS);
    if (draft.repeat != 0) {
      // With a count of 0, processors differ in whether they clear the upper halves.
      draft.pin(Draft.RCX, count == 0 ? 0 : withGarbage(count));
    }
    int bytes = Math.max(count, 1) * size;
    boolean isBackward = (program.before.rflags & Flags.DF) != 0;
    for (int register : new int[] {Draft.RSI, Draft.RDI}) {
      int lowest = values.below(Arena.DATA_BYTES - bytes);
      if (register == Draft.RDI && values.oneIn(3)) {
        // Close to the source: the ranges overlap.
        long near =
            (int) draft.value(Draft.RSI) - program.arena.data() - (isBackward ? bytes - size : 0);
        lowest = Math.clamp(near + values.below(33) - 16, 0, Arena.DATA_BYTES - bytes);
      }
      long first = program.arena.data() + lowest + (isBackward ? bytes - size : 0);
      draft.pin(register, count == 0 ? first : withGarbage(first));
    }
  }

  /** Above the 32 bits that addresses of 32 bits use. */
  private long withGarbage(long value) {
    return draft.is64() && draft.addressSize == 4 ? value ^ values.any() << 32 : value;
  }

  private boolean prepareXlat() {
    draft.pin(Draft.RAX);
    long base =
        program.arena.data() + values.below(Arena.DATA_BYTES) - (draft.value(Draft.RAX) & 0xff);
    draft.pin(Draft.RBX, base);
    return true;
  }

  private boolean prepareFrame() {
    draft.pin(Draft.RBP, program.arena.data() + Arena.DATA_BYTES / 2 + values.below(64));
    int level = values.below(5);
    draft.constant = values.below(64) | (level | values.below(8) << 5) << 16;
    return true;
  }

  /** No trap, no alignment check. */
  private boolean preparePopf() {
    long flags = values.any() & (Flags.ARITHMETIC | Flags.DF | Flags.ID) | Flags.FIXED | Flags.IF;
    program.write(draft.value(Draft.RSP), 8, flags);
    return true;
  }

  private boolean prepareReturn() {
    program.write(draft.value(Draft.RSP), program.pointerSize(), program.targetAddress());
    return true;
  }

  private boolean prepareMaskedStore() {
    draft.pin(Draft.RDI, program.arena.data() + values.below(Arena.DATA_BYTES - 16));
    return true;
  }

  private boolean prepareLoop() {
    if (draft.isAlone && values.oneIn(2)) {
      draft.pin(Draft.RCX, withGarbage(values.below(3)));
    }
    return true;
  }

  private boolean prepareBranch() {
    if (draft.encoding.hasKind('J') || draft.isMemory) {
      return true;
    }
    if (draft.rm == Draft.RSP) {
      return false;
    }
    draft.pin(draft.rm, program.targetAddress());
    return true;
  }

  private boolean putTarget() {
    if (draft.isMemory) {
      program.write(draft.address, program.pointerSize(), program.targetAddress());
    }
    return true;
  }

  /** Not so far from the operand that it leaves the data. */
  private boolean prepareBitNumber() {
    if (draft.isMemory && draft.encoding.hasKind('G')) {
      if (draft.reg == Draft.RSP) {
        return false;
      }
      int far = values.below(16 * (Arena.MARGIN - 8)) - 8 * (Arena.MARGIN - 8);
      long garbage = draft.operandSize == 8 ? 0 : values.any() << 8 * draft.operandSize;
      long mask = draft.operandSize == 8 ? -1 : (1L << 8 * draft.operandSize) - 1;
      draft.pin(draft.reg, far & mask | garbage);
    }
    return true;
  }

  /** With a count above the width the result is undefined. */
  private boolean prepareDoubleShift() {
    if (draft.operandSize == 2) {
      draft.constant &= 0xe0 | values.below(16);
      draft.pin(Draft.RCX, draft.value(Draft.RCX) & ~0x1fL | values.below(17));
    }
    return true;
  }

  /** Its divisor. */
  private boolean prepareAam() {
    draft.constant |= 1;
    return true;
  }

  private boolean prepareMxcsr() {
    program.write(draft.address, 4, values.any() & 0xffff);
    return true;
  }

  /** Makes the comparison succeed half of the time. */
  private boolean prepareComparison(int size) {
    if (draft.isMemory && draft.isAlone && values.oneIn(2)) {
      if (draft.mnemonic() == Mnemonic.CMPXCHG) {
        program.write(draft.address, size, draft.value(Draft.RAX));
      } else {
        program.write(draft.address, size / 2, draft.value(Draft.RAX));
        program.write(draft.address + size / 2, size / 2, draft.value(Draft.RDX));
      }
    }
    return true;
  }

  /** The quotient must fit; the upper half of the dividend is set so, if it is free. */
  private boolean prepareDivision() {
    int size = draft.rmSize();
    boolean isSigned = draft.mnemonic() == Mnemonic.IDIV;
    boolean dividendIsApart = draft.isMemory || draft.rm != Draft.RDX && draft.rm != Draft.RAX;
    if (size > 1 && dividendIsApart && !draft.isPinned(Draft.RDX)) {
      long high = values.interesting() >> values.below(64);
      if (isSigned && values.oneIn(2)) {
        high = draft.value(Draft.RAX) << 64 - 8 * size >> 63;
      }
      draft.set(Draft.RDX, values.oneIn(4) ? 0 : high);
    }
    BigInteger divisor = extended(draft.rmValue(), size, isSigned);
    if (divisor.signum() == 0) {
      return false;
    }
    BigInteger quotient = dividend(size, isSigned).divide(divisor);
    int bits = 8 * size;
    return isSigned ? quotient.bitLength() < bits : quotient.bitLength() <= bits;
  }

  private BigInteger dividend(int size, boolean isSigned) {
    long low = draft.value(Draft.RAX);
    if (size == 1) {
      return extended(low, 2, isSigned);
    }
    BigInteger high = extended(draft.value(Draft.RDX), size, isSigned);
    return high.shiftLeft(8 * size).add(extended(low, size, false));
  }

  private static BigInteger extended(long value, int size, boolean isSigned) {
    long signed = value << 64 - 8 * size >> 64 - 8 * size;
    BigInteger number = BigInteger.valueOf(signed);
    return isSigned || signed >= 0 ? number : number.add(BigInteger.ONE.shiftLeft(8 * size));
  }

  /** The flags that are not defined after it. */
  long undefinedFlags() {
    Mnemonic mnemonic = draft.mnemonic();
    if (!UndefinedFlags.dependsOnCount(mnemonic)) {
      return UndefinedFlags.of(mnemonic, 0, 0);
    }
    Encoding encoding = draft.encoding;
    long count;
    if (encoding.operands().contains("1")) {
      count = 1;
    } else if (encoding.operands().contains("CL")) {
      count = draft.isAlone ? draft.value(Draft.RCX) : -1;
    } else {
      count = draft.constant;
    }
    int mask = draft.rmSize() == 8 ? 63 : 31;
    boolean isUnknown = encoding.operands().contains("CL") && !draft.isAlone;
    return UndefinedFlags.of(mnemonic, isUnknown ? -1 : (int) count & mask, 8 * draft.rmSize());
  }
}
