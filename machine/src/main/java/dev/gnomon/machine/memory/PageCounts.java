package dev.gnomon.machine.memory;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;

/** Counts of pages, each CPU adding to its own and the sum taken on demand. */
final class PageCounts {

  enum Kind {
    /** Frames that back a page now. */
    RESIDENT,
    /** Frames of pages that were touched at some time and are still mapped. */
    TOUCHED,
    EVICTED,
    REFAULTED,
    WRITTEN_OUT,
    DROPPED_CLEAN,
    SPLIT
  }

  private static final int KINDS = Kind.values().length;

  private final SharedWords words;
  private final int cpus;

  PageCounts(Platform platform) {
    assert KINDS <= SharedWords.STRIDE;
    cpus = platform.cpus();
    words = platform.newWords(cpus * SharedWords.STRIDE);
  }

  void add(Cpu cpu, Kind kind, long amount) {
    int mine = cpu.index() * SharedWords.STRIDE + kind.ordinal();
    words.set(mine, words.get(mine) + amount);
  }

  /** The sum over all CPUs; exact while none adds. */
  long sum(Kind kind) {
    long sum = 0;
    for (int i = 0; i < cpus; i++) {
      sum += words.get(i * SharedWords.STRIDE + kind.ordinal());
    }
    return sum;
  }
}
