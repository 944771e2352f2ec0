package dev.gnomon.machine.lockstep;

/**
 * Random draws that depend on nothing but the seed: SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
 */
final class Draws {
  private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

  private long state;

  Draws(long seed) {
    state = seed;
  }

  private long next() {
    long z = state += GOLDEN_GAMMA;
    z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
    z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
    return z ^ z >>> 31;
  }

  /** A number from 0, below {@code bound}. */
  int below(int bound) {
    return (int) Math.unsignedMultiplyHigh(next(), bound);
  }

  /** A number from 1 with the given mean, such that it may end after each with the same chance. */
  long geometric(int mean) {
    if (mean == 1) {
      return 1;
    }
    double uniform = ((next() >>> 11) + 1) * 0x1p-53;
    // StrictMath: the schedule must not depend on which compiler got to this line.
    return 1 + (long) (StrictMath.log(uniform) / StrictMath.log1p(-1.0 / mean));
  }
}
