package dev.gnomon.machine.x86.decode;

/**
 * The ModRM byte with what belongs to it: SIB byte and displacement. Intel SDM vol. 2, 2.1.5.
 *
 * <p>Mutable, one per decoder.
 */
final class ModRm {
  private static final int NONE = Operand.Memory.NONE;
  private static final int ES_BX = 3;
  private static final int BP = 5;
  private static final int SI = 6;
  private static final int DI = 7;
  private static final int[] BASES_16 = {ES_BX, ES_BX, BP, BP, SI, DI, BP, ES_BX};
  private static final int[] INDICES_16 = {SI, DI, SI, DI, NONE, NONE, NONE, NONE};

  private int value;
  private int base;
  private int index;
  private int scale;
  private long displacement;
  private boolean isRipRelative;

  /** The byte itself. */
  int value() {
    return value;
  }

  int reg() {
    return value >>> 3 & 7;
  }

  int rm() {
    return value & 7;
  }

  boolean isRegister() {
    return value >= 0xc0;
  }

  void set(int modRm) {
    value = modRm;
    isRipRelative = false;
  }

  /** Reads the rest of it, if it names memory. */
  void readRest(CodeReader code, int addressSize, int rex, boolean is64Bit) {
    base = NONE;
    index = NONE;
    scale = 0;
    displacement = 0;
    isRipRelative = false;
    if (isRegister()) {
      return;
    }
    if (addressSize == 2) {
      read16(code);
    } else {
      read32(code, rex, is64Bit);
    }
  }

  private void read16(CodeReader code) {
    int mod = value >>> 6;
    if (mod == 0 && rm() == 6) {
      displacement = code.signed(2);
      return;
    }
    base = BASES_16[rm()];
    index = INDICES_16[rm()];
    displacement = mod == 0 ? 0 : code.signed(mod);
  }

  private void read32(CodeReader code, int rex, boolean is64Bit) {
    int mod = value >>> 6;
    int low = rm();
    if (low == 4) {
      int sib = code.next();
      scale = sib >>> 6;
      int number = sib >>> 3 & 7 | (rex & 2) << 2;
      index = number == 4 ? NONE : number;
      low = sib & 7;
      if (low == 5 && mod == 0) {
        displacement = code.signed(4);
        return;
      }
    } else if (low == 5 && mod == 0) {
      isRipRelative = is64Bit;
      displacement = code.signed(4);
      return;
    }
    base = low | (rex & 1) << 3;
    displacement = mod == 0 ? 0 : code.signed(mod == 1 ? 1 : 4);
  }

  boolean isRipRelative() {
    return isRipRelative;
  }

  /**
   * The memory operand.
   *
   * @param override a segment, or -1
   * @param nextRip added to what is RIP-relative
   */
  Operand.Memory memory(int override, int size, long nextRip) {
    boolean isStack = base == 4 || base == BP;
    int segment = override >= 0 ? override : isStack ? 2 : 3;
    long address = isRipRelative ? nextRip + displacement : displacement;
    return new Operand.Memory(segment, base, index, scale, address, size);
  }
}
