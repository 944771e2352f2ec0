package dev.gnomon.machine.x86;

/**
 * RFLAGS, and how the arithmetic flags are kept until someone asks: as three words of {@link
 * CpuState} that every arithmetic instruction writes and that take no branch to write.
 *
 * <pre>
 *  flagResult  the result, sign-extended: ZF is "it is 0", SF its sign, PF the parity of its low byte
 *  flagCarry   the carries (or borrows) out of each bit, the highest bit's at bit 63: CF is bit 63,
 *              OF bit 63 xor bit 62
 *  flagAdjust  bit 4 is AF; bits 7 and 2 turn SF and PF round, for what no result can show (ZF with
 *              SF). All else is 0
 * </pre>
 */
public final class Flags {
  public static final long CF = 1L;
  public static final long FIXED = 1L << 1;
  public static final long PF = 1L << 2;
  public static final long AF = 1L << 4;
  public static final long ZF = 1L << 6;
  public static final long SF = 1L << 7;
  public static final long TF = 1L << 8;
  public static final long IF = 1L << 9;
  public static final long DF = 1L << 10;
  public static final long OF = 1L << 11;
  public static final long IOPL = 3L << 12;
  public static final long NT = 1L << 14;
  public static final long RF = 1L << 16;
  public static final long VM = 1L << 17;
  public static final long AC = 1L << 18;
  public static final long VIF = 1L << 19;
  public static final long VIP = 1L << 20;
  public static final long ID = 1L << 21;

  /** Those that arithmetic sets. */
  public static final long ARITHMETIC = CF | PF | AF | ZF | SF | OF;

  /** Those that exist. */
  public static final long DEFINED =
      ARITHMETIC | FIXED | TF | IF | DF | IOPL | NT | RF | VM | AC | VIF | VIP | ID;

  private Flags() {}

  static boolean carry(CpuState s) {
    return s.flagCarry < 0;
  }

  static boolean overflow(CpuState s) {
    return (s.flagCarry ^ s.flagCarry << 1) < 0;
  }

  static boolean zero(CpuState s) {
    return s.flagResult == 0;
  }

  static boolean sign(CpuState s) {
    return (s.flagResult ^ s.flagAdjust << 56) < 0;
  }

  static boolean parity(CpuState s) {
    int odd = Long.bitCount(s.flagResult & 0xff) & 1;
    return (odd ^ (int) s.flagAdjust >>> 2 & 1) == 0;
  }

  static boolean adjust(CpuState s) {
    return (s.flagAdjust & AF) != 0;
  }

  /** The arithmetic flags where RFLAGS has them. */
  static long arithmetic(CpuState s) {
    return (carry(s) ? CF : 0)
        | (parity(s) ? PF : 0)
        | s.flagAdjust & AF
        | (zero(s) ? ZF : 0)
        | (sign(s) ? SF : 0)
        | (overflow(s) ? OF : 0);
  }

  /** Loads the arithmetic flags from where RFLAGS has them. */
  static void setArithmetic(CpuState s, long flags) {
    boolean isZero = (flags & ZF) != 0;
    // As a result, 0 shows ZF and PF, and 1 neither; none shows SF.
    s.flagResult = isZero ? 0 : 1;
    s.flagAdjust = flags & (AF | SF) | (isZero ? ~flags & PF : flags & PF);
    setCarryOverflow(s, (flags & CF) != 0, (flags & OF) != 0);
  }

  /** Sets CF and OF; the other flags stay. */
  static void setCarryOverflow(CpuState s, boolean carry, boolean overflow) {
    s.flagCarry = (carry ? 1L << 63 : 0) | (carry != overflow ? 1L << 62 : 0);
  }

  /** Sets CF; all other flags stay. */
  static void setCarry(CpuState s, boolean carry) {
    setCarryOverflow(s, carry, overflow(s));
  }

  /** Sets ZF; all other flags stay. */
  static void setZero(CpuState s, boolean zero) {
    setArithmetic(s, zero ? arithmetic(s) | ZF : arithmetic(s) & ~ZF);
  }

  /** After AND, OR, XOR, TEST: by the sign-extended result, CF = OF = AF = 0. */
  static void setLogic(CpuState s, long result) {
    s.flagResult = result;
    s.flagCarry = 0;
    s.flagAdjust = 0;
  }

  /**
   * After {@code a + b (+ carry) = result}.
   *
   * @param shift 64 less the number of bits of the operands; {@code result} may have anything above
   */
  static void setAdd(CpuState s, long a, long b, long result, int shift) {
    s.flagResult = result << shift >> shift;
    s.flagCarry = (a & b | (a | b) & ~result) << shift;
    s.flagAdjust = (a ^ b ^ result) & AF;
  }

  /** After {@code a - b (- borrow) = result}; see {@link #setAdd}. */
  static void setSubtract(CpuState s, long a, long b, long result, int shift) {
    s.flagResult = result << shift >> shift;
    s.flagCarry = (~a & b | (~a | b) & result) << shift;
    s.flagAdjust = (a ^ b ^ result) & AF;
  }

  /**
   * A condition of Jcc, SETcc and CMOVcc.
   *
   * @param condition the low four bits of the opcode
   */
  static boolean test(CpuState s, int condition) {
    boolean holds =
        switch (condition >>> 1) {
          case 0 -> overflow(s);
          case 1 -> carry(s);
          case 2 -> zero(s);
          case 3 -> carry(s) || zero(s);
          case 4 -> sign(s);
          case 5 -> parity(s);
          case 6 -> sign(s) != overflow(s);
          default -> zero(s) || sign(s) != overflow(s);
        };
    return holds != ((condition & 1) != 0);
  }
}
