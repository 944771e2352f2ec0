package dev.gnomon.machine.x86.vector;

/** Interleaving, packing and choosing of lanes. */
public final class Shuffles {
  private Shuffles() {}

  /** The bytes of the low halves of two halves, in turn: a's first. */
  public static long interleaveLowBytes(long a, long b) {
    return spreadBytes(a) | spreadBytes(b) << 8;
  }

  /** The bytes of the high halves of two halves, in turn. */
  public static long interleaveHighBytes(long a, long b) {
    return interleaveLowBytes(a >>> 32, b >>> 32);
  }

  private static long spreadBytes(long half) {
    long two = (half & 0xffff) | (half & 0xffff_0000L) << 16;
    return (two & 0x0000_00ff_0000_00ffL) | (two & 0x0000_ff00_0000_ff00L) << 8;
  }

  /** The words of the low halves of two halves, in turn. */
  public static long interleaveLowWords(long a, long b) {
    return spreadWords(a) | spreadWords(b) << 16;
  }

  /** The words of the high halves of two halves, in turn. */
  public static long interleaveHighWords(long a, long b) {
    return interleaveLowWords(a >>> 32, b >>> 32);
  }

  private static long spreadWords(long half) {
    return (half & 0xffff) | (half & 0xffff_0000L) << 16;
  }

  /** The low doublewords of two halves. */
  public static long interleaveLowDoublewords(long a, long b) {
    return (a & 0xffff_ffffL) | b << 32;
  }

  /** The high doublewords of two halves. */
  public static long interleaveHighDoublewords(long a, long b) {
    return a >>> 32 | b & 0xffff_ffff_0000_0000L;
  }

  /** Four words of a half, each chosen by two bits of the order. */
  public static long chooseWords(long half, int order) {
    return Lanes.word(half, order)
        | Lanes.word(half, order >> 2) << 16
        | Lanes.word(half, order >> 4) << 32
        | Lanes.word(half, order >> 6) << 48;
  }

  /** Two doublewords of a vector, each chosen by two bits of the order. */
  public static long chooseDoublewords(long low, long high, int order) {
    return Lanes.doubleword(low, high, order & 3) | Lanes.doubleword(low, high, order >> 2) << 32;
  }

  /** Eight bytes, from the words of a vector with signed saturation. */
  public static long packsswb(long low, long high) {
    return packWords(low, high, Byte.MIN_VALUE, Byte.MAX_VALUE);
  }

  /** Eight unsigned bytes, from the words of a vector, which are signed, with saturation. */
  public static long packuswb(long low, long high) {
    return packWords(low, high, 0, 0xff);
  }

  private static long packWords(long low, long high, int least, int most) {
    long result = 0;
    for (int lane = 0; lane < 4; lane++) {
      long first = Packed.clamp((short) (low >> 16 * lane), least, most) & 0xff;
      long second = Packed.clamp((short) (high >> 16 * lane), least, most) & 0xff;
      result |= first << 8 * lane | second << 32 + 8 * lane;
    }
    return result;
  }

  /** Four words, from the doublewords of a vector with signed saturation. */
  public static long packssdw(long low, long high) {
    return saturated((int) low)
        | saturated((int) (low >> 32)) << 16
        | saturated((int) high) << 32
        | saturated((int) (high >> 32)) << 48;
  }

  private static long saturated(int value) {
    return Packed.clamp(value, Short.MIN_VALUE, Short.MAX_VALUE) & 0xffffL;
  }
}
