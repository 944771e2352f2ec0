package dev.gnomon.mmu.config;

import java.util.Locale;

/** What is counted, under KVM's names where it has one. */
public enum Stat {
  /** Faults that the slow path or the fast path was asked to fix. */
  PF_TAKEN,
  PF_FIXED,
  PF_EMULATE,
  PF_SPURIOUS,
  /** Faults that the fast path fixed or found fixed. */
  PF_FAST,
  PF_MMIO_SPTE_CREATED,
  /**
   * Guest page faults delivered to the guest; also those that the processor delivers by itself, of
   * which a hypervisor knows nothing.
   */
  PF_GUEST,
  /** Violations of L1's nested tables, delivered to L1. */
  NESTED_VIOLATIONS,
  /** How often L1 has run L2. */
  NESTED_RUN,
  /** Faults that lost a race and were taken again. */
  PF_RETRY,
  /** Calls of the fast path, whatever came of them. */
  FAST_PAGE_FAULT_TRIED,
  /** Flushes of one vCPU's own: asked for by others, or by its guest where the MMU sees that. */
  TLB_FLUSH,
  REMOTE_TLB_FLUSH,
  REMOTE_TLB_FLUSH_REQUESTS,
  INVLPG,
  PAGES_4K,
  PAGES_2M,
  PAGES_1G,
  /** Page-table pages in use. */
  MMU_PAGE_TABLES,
  /** Pages of the shadow MMU that were zapped. */
  MMU_SHADOW_ZAPPED,
  /** Emulated writes to shadowed tables. */
  MMU_PTE_WRITE,
  /** Pages zapped because their tables were written too often, or oddly. */
  MMU_FLOODED,
  /** Pages zapped to make room. */
  MMU_RECYCLED,
  /** Pages looked for and not found. */
  MMU_CACHE_MISS,
  /** Pages that are unsync. */
  MMU_UNSYNC,
  /** How often a page became unsync: KVM counts only how many are. */
  MMU_MADE_UNSYNC,
  /** Tables that stand where only the NX mitigation forbids a large page. */
  NX_LPAGE_SPLITS,
  HUGE_PAGE_SPLITS,
  HUGE_PAGE_RECOVERIES,
  /** Leaf entries replaced or masked by an atomic read-modify-write under the write lock. */
  SPTE_ATOMIC_WRITES,
  /** Leaf entries written by a plain store under the write lock. */
  SPTE_PLAIN_WRITES,
  DIRTY_PAGES_LOGGED,
  PML_ENTRIES,
  EXITS,
  MMIO_EXITS,
  REQUEST_EXITS,
  MMU_NOTIFIER_INVALIDATIONS;

  /** The name in reports: lower case. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
