package dev.gnomon.machine.x86.vector;

/**
 * Shifts of all lanes by one count. The count is an unsigned number of 64 bits; one that reaches
 * the lane's width leaves zeros, or the sign.
 */
public final class Shifts {
  private Shifts() {}

  public static long psllw(long half, long count) {
    return isBeyond(count, 16) ? 0 : half << count & every16(0xffff << (int) count);
  }

  public static long pslld(long half, long count) {
    return isBeyond(count, 32) ? 0 : half << count & every32(-1 << (int) count);
  }

  public static long psllq(long half, long count) {
    return isBeyond(count, 64) ? 0 : half << count;
  }

  public static long psrlw(long half, long count) {
    return isBeyond(count, 16) ? 0 : half >>> count & every16(0xffff >>> (int) count);
  }

  public static long psrld(long half, long count) {
    return isBeyond(count, 32) ? 0 : half >>> count & every32(-1 >>> (int) count);
  }

  public static long psrlq(long half, long count) {
    return isBeyond(count, 64) ? 0 : half >>> count;
  }

  public static long psraw(long half, long count) {
    int places = isBeyond(count, 16) ? 15 : (int) count;
    return Lanes.words(half, 0, (x, y) -> x >> places);
  }

  public static long psrad(long half, long count) {
    int places = isBeyond(count, 32) ? 31 : (int) count;
    return Lanes.doublewords(half, 0, (x, y) -> x >> places);
  }

  private static boolean isBeyond(long count, int width) {
    return Long.compareUnsigned(count, width) >= 0;
  }

  private static long every16(int mask) {
    return (mask & 0xffffL) * 0x0001_0001_0001_0001L;
  }

  private static long every32(int mask) {
    return (mask & 0xffff_ffffL) * 0x0000_0001_0000_0001L;
  }

  /** The low half of a vector shifted left by whole bytes. */
  public static long pslldqLow(long low, int bytes) {
    return bytes >= 8 ? 0 : low << 8 * bytes;
  }

  /** The high half of a vector shifted left by whole bytes. */
  public static long pslldqHigh(long low, long high, int bytes) {
    if (bytes == 0) {
      return high;
    }
    if (bytes >= 8) {
      return bytes >= 16 ? 0 : low << 8 * (bytes - 8);
    }
    return high << 8 * bytes | low >>> 64 - 8 * bytes;
  }

  /** The low half of a vector shifted right by whole bytes. */
  public static long psrldqLow(long low, long high, int bytes) {
    if (bytes == 0) {
      return low;
    }
    if (bytes >= 8) {
      return bytes >= 16 ? 0 : high >>> 8 * (bytes - 8);
    }
    return low >>> 8 * bytes | high << 64 - 8 * bytes;
  }

  /** The high half of a vector shifted right by whole bytes. */
  public static long psrldqHigh(long high, int bytes) {
    return bytes >= 8 ? 0 : high >>> 8 * bytes;
  }
}
