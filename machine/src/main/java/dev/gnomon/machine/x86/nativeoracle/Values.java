package dev.gnomon.machine.x86.nativeoracle;

import java.util.SplittableRandom;

/** Random values, of which those where carries, signs and widths change come often. */
final class Values {
  private final SplittableRandom random;

  Values(long seed) {
    random = new SplittableRandom(seed);
  }

  /** From 0 to below the bound. */
  int below(int bound) {
    return random.nextInt(bound);
  }

  /** True once in so many times. */
  boolean oneIn(int times) {
    return random.nextInt(times) == 0;
  }

  long any() {
    return random.nextLong();
  }

  /** A value for an integer register or a word of data. */
  long interesting() {
    long value = random.nextLong();
    return switch (below(8)) {
      case 0 -> value & 0xff;
      case 1 -> (byte) value;
      case 2 -> 1L << (value & 63);
      case 3 -> -1L << (value & 63);
      case 4 -> boundary(below(4)) + below(3) - 1;
      case 5 -> (value & 1) - 1;
      default -> value;
    };
  }

  /** The least positive value that 8, 16, 32 or 64 signed bits do not hold. */
  private static long boundary(int size) {
    return 1L << (8 << size) - 1;
  }
}
