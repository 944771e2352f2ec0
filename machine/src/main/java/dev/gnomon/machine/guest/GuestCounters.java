package dev.gnomon.machine.guest;

import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;
import java.util.EnumMap;
import java.util.Map;

/** The guest kernel's counts, of each vCPU apart. */
final class GuestCounters {
  private static final GuestStat[] STATS = GuestStat.values();

  private final int vcpus;
  private final SharedWords words;

  GuestCounters(Platform platform, int vcpus) {
    this.vcpus = vcpus;
    words = platform.newWords(vcpus * SharedWords.STRIDE);
  }

  /** Counts something that a vCPU does. By its CPU. */
  void count(int vcpu, GuestStat stat, long delta) {
    int word = word(vcpu, stat);
    words.set(word, words.get(word) + delta);
  }

  /** The sums. */
  Map<GuestStat, Long> sums() {
    Map<GuestStat, Long> sums = new EnumMap<>(GuestStat.class);
    for (GuestStat stat : STATS) {
      long sum = 0;
      for (int vcpu = 0; vcpu < vcpus; vcpu++) {
        sum += words.get(word(vcpu, stat));
      }
      sums.put(stat, sum);
    }
    return sums;
  }

  /** Goes on from what others have counted. */
  void add(GuestCounters earlier) {
    earlier.sums().forEach((stat, sum) -> count(0, stat, sum));
  }

  private static int word(int vcpu, GuestStat stat) {
    return vcpu * SharedWords.STRIDE + stat.ordinal();
  }
}
