package dev.gnomon.checker.race;

/**
 * One access of one CPU, in a {@code long}, as FastTrack keeps it in place of a vector clock
 * (Flanagan and Freund, PLDI 2009): the CPU's clock when it was made, the CPU, and the place in the
 * code. Zero is no access.
 *
 * <p>Clock and CPU together are a <em>moment</em>: all that a CPU does between two releases happens
 * at one moment.
 */
final class Epoch {
  static final long NONE = 0;

  static final int CLOCK_BITS = 44;
  static final int SITE_BITS = 15;
  private static final int CPU_BITS = 5;
  private static final int CLOCK_SHIFT = SITE_BITS + CPU_BITS;

  /** In place of the CPU: the clock is the number of a vector of {@link SharedReads}. */
  static final int SHARED = (1 << CPU_BITS) - 1;

  private Epoch() {}

  static long moment(long clock, int cpu) {
    return clock << CPU_BITS | cpu;
  }

  static long of(long moment, int site) {
    return moment << SITE_BITS | site;
  }

  static long moment(long epoch) {
    return epoch >>> SITE_BITS;
  }

  static long clock(long epoch) {
    return epoch >>> CLOCK_SHIFT;
  }

  static int cpu(long epoch) {
    return (int) (epoch >>> SITE_BITS) & SHARED;
  }

  static int site(long epoch) {
    return (int) epoch & (1 << SITE_BITS) - 1;
  }
}
