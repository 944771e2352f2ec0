package dev.gnomon.machine.x86.decode;

/**
 * An operand as the table writes it: where it is, and how wide.
 *
 * @param register of {@link Kind#FIXED} and {@link Kind#FIXED_SEGMENT}: which; of {@link
 *     Kind#CONSTANT}: its value
 */
record OperandForm(Kind kind, Width width, int register) {

  enum Kind {
    /** E, W: a register, or memory. */
    REGISTER_OR_MEMORY('E', RegisterFile.GENERAL),
    MEMORY('M', RegisterFile.GENERAL),
    /** R: the rm field names a register, whatever mod says. */
    RM_REGISTER('R', RegisterFile.GENERAL),
    REG('G', RegisterFile.GENERAL),
    VEX('B', RegisterFile.GENERAL),
    OPCODE('Z', RegisterFile.GENERAL),
    XMM('V', RegisterFile.XMM),
    XMM_OR_MEMORY('W', RegisterFile.XMM),
    RM_XMM('U', RegisterFile.XMM),
    SEGMENT('S', RegisterFile.SEGMENT),
    CONTROL('C', RegisterFile.CONTROL),
    DEBUG('D', RegisterFile.DEBUG),
    IMMEDIATE('I', RegisterFile.GENERAL),
    RELATIVE('J', RegisterFile.GENERAL),
    FAR('A', RegisterFile.GENERAL),
    /** O: memory at an address in the code. */
    OFFSET('O', RegisterFile.GENERAL),
    /** X: memory at rSI. */
    SOURCE('X', RegisterFile.GENERAL),
    /** Y: memory at ES:rDI. */
    DESTINATION('Y', RegisterFile.GENERAL),
    FIXED('\0', RegisterFile.GENERAL),
    FIXED_SEGMENT('\0', RegisterFile.SEGMENT),
    CONSTANT('\0', RegisterFile.GENERAL);

    final char letter;
    final RegisterFile file;

    Kind(char letter, RegisterFile file) {
      this.letter = letter;
      this.file = file;
    }

    boolean needsModRm() {
      return switch (this) {
        case REGISTER_OR_MEMORY, MEMORY, RM_REGISTER, REG, XMM, XMM_OR_MEMORY, RM_XMM -> true;
        case SEGMENT, CONTROL, DEBUG -> true;
        default -> false;
      };
    }
  }

  enum Width {
    NONE(""),
    B("b"),
    W("w"),
    D("d"),
    Q("q"),
    X("x"),
    /** The operand size. */
    V("v"),
    /** The operand size, at most 4. */
    Z("z"),
    /** 8 with W, else 4. */
    Y("y"),
    /** Twice that. */
    TWICE_Y("c"),
    /** 8 in 64-bit code, else 4. */
    MODE("m"),
    /** A byte, sign-extended to the operand size. */
    BYTE_EXTENDED("bs"),
    /** A far pointer in memory: operand size and 2. */
    POINTER("p"),
    /** The register of a descriptor table: 6 or 10. */
    TABLE("s");

    final String letters;

    Width(String letters) {
      this.letters = letters;
    }
  }

  /** Reads what the table says. */
  static OperandForm parse(String text) {
    return switch (text) {
      case "AL" -> new OperandForm(Kind.FIXED, Width.B, 0);
      case "CL" -> new OperandForm(Kind.FIXED, Width.B, 1);
      case "DX" -> new OperandForm(Kind.FIXED, Width.W, 2);
      case "rAX" -> new OperandForm(Kind.FIXED, Width.V, 0);
      case "rAXz" -> new OperandForm(Kind.FIXED, Width.Z, 0);
      case "1" -> new OperandForm(Kind.CONSTANT, Width.B, 1);
      case "ES" -> new OperandForm(Kind.FIXED_SEGMENT, Width.W, 0);
      case "CS" -> new OperandForm(Kind.FIXED_SEGMENT, Width.W, 1);
      case "SS" -> new OperandForm(Kind.FIXED_SEGMENT, Width.W, 2);
      case "DS" -> new OperandForm(Kind.FIXED_SEGMENT, Width.W, 3);
      case "FS" -> new OperandForm(Kind.FIXED_SEGMENT, Width.W, 4);
      case "GS" -> new OperandForm(Kind.FIXED_SEGMENT, Width.W, 5);
      case "V", "U" -> new OperandForm(kind(text.charAt(0)), Width.X, 0);
      // Of a register the operand size, or 4 bytes, is used; of memory 2 bytes.
      case "RvMw" -> new OperandForm(Kind.REGISTER_OR_MEMORY, Width.V, WORD_IN_MEMORY);
      case "RdMw" -> new OperandForm(Kind.REGISTER_OR_MEMORY, Width.D, WORD_IN_MEMORY);
      default -> new OperandForm(kind(text.charAt(0)), width(text.substring(1)), 0);
    };
  }

  private static final int WORD_IN_MEMORY = 2;

  /** Whether 2 bytes of memory are used, whatever is used of a register. */
  boolean isWordInMemory() {
    return kind == Kind.REGISTER_OR_MEMORY && register == WORD_IN_MEMORY;
  }

  private static Kind kind(char letter) {
    for (Kind kind : Kind.values()) {
      if (kind.letter == letter) {
        return kind;
      }
    }
    throw new IllegalArgumentException("no operand is written " + letter);
  }

  private static Width width(String letters) {
    for (Width width : Width.values()) {
      if (width.letters.equals(letters)) {
        return width;
      }
    }
    throw new IllegalArgumentException("no width is written " + letters);
  }
}
