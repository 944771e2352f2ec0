package dev.gnomon.cli.run;

import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.memory.HostAddressSpace;
import dev.gnomon.mmu.config.Stat;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/**
 * What one machine has counted.
 *
 * @param stats the MMU and the processors
 * @param reclaim the host's memory manager
 */
record Counts(Map<Stat, Long> stats, RunResult.Reclaim reclaim) {
  /** Those that say how much there is now, not how often something happened. */
  private static final Set<Stat> GAUGES =
      Collections.unmodifiableSet(
          EnumSet.of(
              Stat.PAGES_4K,
              Stat.PAGES_2M,
              Stat.PAGES_1G,
              Stat.MMU_PAGE_TABLES,
              Stat.MMU_UNSYNC,
              Stat.NX_LPAGE_SPLITS));

  /** Of a VM none of whose CPUs runs. */
  static Counts of(VirtualMachine vm) {
    Map<Stat, Long> stats = new EnumMap<>(Stat.class);
    for (Stat stat : Stat.values()) {
      stats.put(stat, vm.mmu().statistics().sum(stat));
    }
    HostAddressSpace space = vm.hostSpace();
    return new Counts(
        stats,
        new RunResult.Reclaim(
            space.evicted(),
            space.refaulted(),
            space.writtenOut(),
            space.droppedClean(),
            space.residentPages(),
            space.touchedPages()));
  }

  /** What happened here and then there; what there is, is what there is there. */
  Counts then(Counts later) {
    Map<Stat, Long> sums = new EnumMap<>(later.stats);
    for (Stat stat : Stat.values()) {
      if (!GAUGES.contains(stat)) {
        sums.merge(stat, stats.getOrDefault(stat, 0L), Long::sum);
      }
    }
    return new Counts(sums, reclaim.then(later.reclaim));
  }
}
