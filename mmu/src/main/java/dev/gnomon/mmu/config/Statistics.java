package dev.gnomon.mmu.config;

import dev.gnomon.mmu.platform.Cpu;

/**
 * Counters, one set a CPU, summed on demand.
 *
 * <p>Each CPU counts into its own set without synchronisation. {@link #sum} is exact once the CPUs
 * have been joined or otherwise ordered before the caller.
 */
public final class Statistics {
  private static final int STATS = Stat.values().length;
  private static final int STRIDE = STATS + 15 & -16;

  /**
   * The first set is nobody's: beside it lies the length, which every CPU loads, and a CPU that
   * counts there would take it from the others' caches.
   */
  private final long[] counts;

  public Statistics(int cpus) {
    counts = new long[(cpus + 1) * STRIDE];
  }

  /** Counts one. */
  public void count(Cpu cpu, Stat stat) {
    add(cpu, stat, 1);
  }

  /** Adds to a counter; a gauge may go down. */
  public void add(Cpu cpu, Stat stat, long delta) {
    counts[(cpu.index() + 1) * STRIDE + stat.ordinal()] += delta;
  }

  /** The sum over all CPUs. */
  public long sum(Stat stat) {
    long sum = 0;
    for (int at = stat.ordinal(); at < counts.length; at += STRIDE) {
      sum += counts[at];
    }
    return sum;
  }

  /** The gauge of pages mapped at a level. */
  public static Stat pages(int level) {
    return switch (level) {
      case 1 -> Stat.PAGES_4K;
      case 2 -> Stat.PAGES_2M;
      case 3 -> Stat.PAGES_1G;
      default -> throw new IllegalArgumentException("no leaf has level " + level);
    };
  }
}
