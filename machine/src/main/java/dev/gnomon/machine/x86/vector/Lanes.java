package dev.gnomon.machine.x86.vector;

/** Lanes of 8, 16 and 32 bits in a half, and what is done to each of them. */
final class Lanes {
  /** What is done to one lane: both values sign-extended, of the result the low bits count. */
  @FunctionalInterface
  interface LaneFunction {
    int apply(int destination, int source);
  }

  private Lanes() {}

  static long bytes(long a, long b, LaneFunction function) {
    long result = 0;
    for (int at = 0; at < 64; at += 8) {
      result |= (function.apply((byte) (a >> at), (byte) (b >> at)) & 0xffL) << at;
    }
    return result;
  }

  static long words(long a, long b, LaneFunction function) {
    long result = 0;
    for (int at = 0; at < 64; at += 16) {
      result |= (function.apply((short) (a >> at), (short) (b >> at)) & 0xffffL) << at;
    }
    return result;
  }

  static long doublewords(long a, long b, LaneFunction function) {
    long low = function.apply((int) a, (int) b) & 0xffff_ffffL;
    return low | (long) function.apply((int) (a >> 32), (int) (b >> 32)) << 32;
  }

  /** The word in a lane of a half. */
  static long word(long half, int lane) {
    return half >>> 16 * (lane & 3) & 0xffff;
  }

  /** The doubleword in a lane of a vector. */
  static long doubleword(long low, long high, int lane) {
    return ((lane & 2) == 0 ? low : high) >>> 32 * (lane & 1) & 0xffff_ffffL;
  }
}
