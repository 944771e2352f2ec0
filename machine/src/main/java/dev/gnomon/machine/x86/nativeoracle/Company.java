package dev.gnomon.machine.x86.nativeoracle;

import dev.gnomon.machine.x86.Flags;

/** What an instruction must keep to in a program with others. */
final class Company {
  private Company() {}

  /** Whether an encoding can be one of several. */
  static boolean allows(Encoding encoding, boolean isLast) {
    if (encoding.hasKind('X') || encoding.hasKind('Y')) {
      return false;
    }
    switch (encoding.mnemonic()) {
      case XLAT,
          DIV,
          IDIV,
          ENTER,
          LEAVE,
          POPF,
          POP,
          RET,
          MASKMOVDQU,
          PUSHA,
          POPA,
          AAM,
          ARPL,
          LDMXCSR,
          SHLD,
          SHRD -> {
        return false;
      }
      case CALL, JMP -> {
        return isLast && encoding.hasKind('J');
      }
      case JCC, LOOP, LOOPE, LOOPNE, JCXZ -> {
        return isLast;
      }
      // The flags that they show may have been left undefined by one before.
      case LAHF, PUSHF -> {
        return false;
      }
      case BSF, BSR, BSWAP -> {
        return isLast;
      }
      default -> {}
    }
    boolean isOffsetOfBits =
        switch (encoding.mnemonic()) {
          case BT, BTS, BTR, BTC -> !encoding.hasKind('I');
          default -> false;
        };
    long undefined = UndefinedFlags.of(encoding.mnemonic(), -1, 0);
    return !isOffsetOfBits && (isLast || (undefined & ~Flags.AF) == 0);
  }

  /** Whether none of the registers that hold pointers is written, as far as ModRM says. */
  static boolean keepsPointers(Draft draft) {
    Encoding encoding = draft.encoding;
    String reg = encoding.reg();
    String rm =
        encoding.rm().isEmpty() && encoding.hasKind('Z') ? zOperand(encoding) : encoding.rm();
    boolean regIsGeneral = reg.startsWith("G");
    boolean rmIsGeneral = !rm.isEmpty() && !draft.isMemory && "ERZ".indexOf(rm.charAt(0)) >= 0;
    return !(regIsGeneral && isPointer(draft.program, draft.whole(draft.reg, reg)))
        && !(rmIsGeneral && isPointer(draft.program, draft.whole(draft.rm, rm)))
        && !(encoding.hasKind('B') && isPointer(draft.program, draft.vvvv));
  }

  private static String zOperand(Encoding encoding) {
    return encoding.operands().stream().filter(o -> o.startsWith("Z")).findFirst().orElse("");
  }

  private static boolean isPointer(Program program, int register) {
    return register == Draft.RSP
        || register == ProgramGenerator.POINTER
        || register == ProgramGenerator.index(program);
  }
}
