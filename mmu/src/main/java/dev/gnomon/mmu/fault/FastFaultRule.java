package dev.gnomon.mmu.fault;

import dev.gnomon.mmu.config.TdpKind;

/** When the fast path is tried, and what it may do. */
public interface FastFaultRule {

  /**
   * Whether to try it.
   *
   * @param hasAccessedDirty whether the processor keeps A and D bits
   * @param isPresent whether the entry was present to the processor
   */
  boolean isTried(TdpKind kind, boolean hasAccessedDirty, boolean isPresent, boolean isWrite);

  /** Whether large entries of dirty-logged slots are fixed too. */
  default boolean fixesLargeLogged() {
    return false;
  }

  /** Whether entries of shadow pages that stand for the guest's own tables are fixed too. */
  default boolean fixesIndirect() {
    return false;
  }

  /** Whether the fix is installed by compare-and-exchange, not by a plain store. */
  default boolean isExchanged() {
    return true;
  }
}
