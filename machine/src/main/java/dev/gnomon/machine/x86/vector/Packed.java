package dev.gnomon.machine.x86.vector;

/**
 * Addition, comparison, multiplication of lanes that stay in their half (Intel SDM volume 2, at the
 * instruction of that name). Each method is a {@link HalfFunction}.
 *
 * <p>What string functions of C libraries do byte by byte works on all lanes at once: the lanes'
 * top bits are kept apart, so that no carry leaves its lane.
 */
public final class Packed {
  private static final long TOP_OF_BYTES = 0x8080_8080_8080_8080L;
  private static final long TOP_OF_WORDS = 0x8000_8000_8000_8000L;
  private static final long TOP_OF_DOUBLEWORDS = 0x8000_0000_8000_0000L;

  private Packed() {}

  public static long paddb(long a, long b) {
    return add(a, b, TOP_OF_BYTES);
  }

  public static long paddw(long a, long b) {
    return add(a, b, TOP_OF_WORDS);
  }

  public static long paddd(long a, long b) {
    return add(a, b, TOP_OF_DOUBLEWORDS);
  }

  public static long psubb(long a, long b) {
    return subtract(a, b, TOP_OF_BYTES);
  }

  public static long psubw(long a, long b) {
    return subtract(a, b, TOP_OF_WORDS);
  }

  public static long psubd(long a, long b) {
    return subtract(a, b, TOP_OF_DOUBLEWORDS);
  }

  private static long add(long a, long b, long top) {
    return (a & ~top) + (b & ~top) ^ (a ^ b) & top;
  }

  private static long subtract(long a, long b, long top) {
    return (a | top) - (b & ~top) ^ (a ^ ~b) & top;
  }

  public static long paddsb(long a, long b) {
    return Lanes.bytes(a, b, (x, y) -> clamp(x + y, Byte.MIN_VALUE, Byte.MAX_VALUE));
  }

  public static long paddsw(long a, long b) {
    return Lanes.words(a, b, (x, y) -> clamp(x + y, Short.MIN_VALUE, Short.MAX_VALUE));
  }

  public static long psubsb(long a, long b) {
    return Lanes.bytes(a, b, (x, y) -> clamp(x - y, Byte.MIN_VALUE, Byte.MAX_VALUE));
  }

  public static long psubsw(long a, long b) {
    return Lanes.words(a, b, (x, y) -> clamp(x - y, Short.MIN_VALUE, Short.MAX_VALUE));
  }

  public static long paddusb(long a, long b) {
    return Lanes.bytes(a, b, (x, y) -> Math.min((x & 0xff) + (y & 0xff), 0xff));
  }

  public static long paddusw(long a, long b) {
    return Lanes.words(a, b, (x, y) -> Math.min((x & 0xffff) + (y & 0xffff), 0xffff));
  }

  public static long psubusb(long a, long b) {
    return Lanes.bytes(a, b, (x, y) -> Math.max((x & 0xff) - (y & 0xff), 0));
  }

  public static long psubusw(long a, long b) {
    return Lanes.words(a, b, (x, y) -> Math.max((x & 0xffff) - (y & 0xffff), 0));
  }

  static int clamp(int value, int least, int most) {
    return Math.clamp(value, least, most);
  }

  public static long pavgb(long a, long b) {
    return Lanes.bytes(a, b, (x, y) -> (x & 0xff) + (y & 0xff) + 1 >> 1);
  }

  public static long pavgw(long a, long b) {
    return Lanes.words(a, b, (x, y) -> (x & 0xffff) + (y & 0xffff) + 1 >> 1);
  }

  public static long pminub(long a, long b) {
    return Lanes.bytes(a, b, (x, y) -> Math.min(x & 0xff, y & 0xff));
  }

  public static long pmaxub(long a, long b) {
    return Lanes.bytes(a, b, (x, y) -> Math.max(x & 0xff, y & 0xff));
  }

  public static long pminsw(long a, long b) {
    return Lanes.words(a, b, Math::min);
  }

  public static long pmaxsw(long a, long b) {
    return Lanes.words(a, b, Math::max);
  }

  public static long pcmpeqb(long a, long b) {
    return zeroLanes(a ^ b, TOP_OF_BYTES, 8);
  }

  public static long pcmpeqw(long a, long b) {
    return zeroLanes(a ^ b, TOP_OF_WORDS, 16);
  }

  public static long pcmpeqd(long a, long b) {
    return zeroLanes(a ^ b, TOP_OF_DOUBLEWORDS, 32);
  }

  /** Ones in the lanes that are zero, zeros in the others. */
  private static long zeroLanes(long value, long top, int width) {
    long zero = ~((value & ~top) + ~top | value) & top;
    return zero - (zero >>> width - 1) | zero;
  }

  public static long pcmpgtb(long a, long b) {
    return Lanes.bytes(a, b, (x, y) -> x > y ? -1 : 0);
  }

  public static long pcmpgtw(long a, long b) {
    return Lanes.words(a, b, (x, y) -> x > y ? -1 : 0);
  }

  public static long pcmpgtd(long a, long b) {
    return Lanes.doublewords(a, b, (x, y) -> x > y ? -1 : 0);
  }

  public static long pmullw(long a, long b) {
    return Lanes.words(a, b, (x, y) -> x * y);
  }

  public static long pmulhw(long a, long b) {
    return Lanes.words(a, b, (x, y) -> x * y >> 16);
  }

  public static long pmulhuw(long a, long b) {
    return Lanes.words(a, b, (x, y) -> (x & 0xffff) * (y & 0xffff) >>> 16);
  }

  public static long pmuludq(long a, long b) {
    return (a & 0xffff_ffffL) * (b & 0xffff_ffffL);
  }

  public static long pmaddwd(long a, long b) {
    return Lanes.doublewords(a, b, Packed::addProducts);
  }

  private static int addProducts(int a, int b) {
    return (short) a * (short) b + (a >> 16) * (b >> 16);
  }

  public static long psadbw(long a, long b) {
    long sum = 0;
    for (int at = 0; at < 64; at += 8) {
      sum += Math.abs((a >>> at & 0xff) - (b >>> at & 0xff));
    }
    return sum;
  }

  /** The top bits of the eight bytes, lowest byte first. */
  public static int signsOfBytes(long half) {
    return (int) ((half & TOP_OF_BYTES) * 0x0002_0408_1020_4081L >>> 56);
  }
}
