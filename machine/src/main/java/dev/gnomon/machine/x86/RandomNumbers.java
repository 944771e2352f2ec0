package dev.gnomon.machine.x86;

/** Where RDRAND and RDSEED of one vCPU get their numbers. */
@FunctionalInterface
public interface RandomNumbers {
  /** The next 64 random bits. */
  long next();

  /**
   * Numbers that follow from a seed: the same ones in every run. SplitMix64 (Steele, Lea, Flood,
   * "Fast splittable pseudorandom number generators", 2014).
   */
  static RandomNumbers seeded(long seed) {
    return new RandomNumbers() {
      private long state = seed;

      @Override
      public long next() {
        state += 0x9e37_79b9_7f4a_7c15L;
        long z = (state ^ state >>> 30) * 0xbf58_476d_1ce4_e5b9L;
        z = (z ^ z >>> 27) * 0x94d0_49bb_1331_11ebL;
        return z ^ z >>> 31;
      }
    };
  }
}
