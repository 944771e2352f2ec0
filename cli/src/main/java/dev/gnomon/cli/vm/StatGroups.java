package dev.gnomon.cli.vm;

import dev.gnomon.mmu.config.Stat;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/** Which statistics a summary shows on one line, by KVM's names. */
public enum StatGroups {
  /** What became of page faults. */
  FAULTS(
      "faults",
      Stat.PF_TAKEN,
      Stat.PF_FIXED,
      Stat.PF_FAST,
      Stat.PF_SPURIOUS,
      Stat.PF_EMULATE,
      Stat.PF_RETRY,
      Stat.PF_MMIO_SPTE_CREATED,
      Stat.PF_GUEST),
  /** What dropped translations. */
  FLUSHES(
      "flushes",
      Stat.TLB_FLUSH,
      Stat.REMOTE_TLB_FLUSH,
      Stat.REMOTE_TLB_FLUSH_REQUESTS,
      Stat.INVLPG,
      Stat.MMU_NOTIFIER_INVALIDATIONS),
  /** Why vCPUs left the guest. */
  EXITS("exits", Stat.EXITS, Stat.REQUEST_EXITS, Stat.MMIO_EXITS),
  /** What is mapped, and what became of large pages. */
  PAGES(
      "pages",
      Stat.PAGES_4K,
      Stat.PAGES_2M,
      Stat.PAGES_1G,
      Stat.HUGE_PAGE_SPLITS,
      Stat.HUGE_PAGE_RECOVERIES,
      Stat.NX_LPAGE_SPLITS),
  /** What the shadow MMU did to its pages. */
  SHADOW(
      "shadow pages",
      Stat.MMU_CACHE_MISS,
      Stat.MMU_SHADOW_ZAPPED,
      Stat.MMU_PTE_WRITE,
      Stat.MMU_FLOODED,
      Stat.MMU_UNSYNC,
      Stat.MMU_RECYCLED),
  /** How SPTEs were written. */
  WRITES("SPTE writes", Stat.SPTE_ATOMIC_WRITES, Stat.SPTE_PLAIN_WRITES),
  /** What the dirty log was told. */
  DIRTY("dirty log", Stat.DIRTY_PAGES_LOGGED, Stat.PML_ENTRIES);

  private final String label;
  private final List<Stat> stats;

  StatGroups(String label, Stat... stats) {
    this.label = label;
    this.stats = List.of(stats);
  }

  /** What the line begins with. */
  public String label() {
    return label;
  }

  /** Names and values. */
  public String text(ToLongFunction<Stat> values) {
    return stats.stream()
        .map(s -> String.format(Locale.ROOT, "%s %,d", s.label(), values.applyAsLong(s)))
        .collect(Collectors.joining("  "));
  }
}
