package dev.gnomon.mmu.fault;

import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.HostPages;
import dev.gnomon.mmu.slot.Memslot;
import dev.gnomon.mmu.slot.MemslotArray;
import dev.gnomon.mmu.slot.Memslots;
import dev.gnomon.mmu.spte.MmioSpte;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.table.FaultResult;
import dev.gnomon.mmu.table.Mapping;

/**
 * Finds the host's page behind a fault, before the MMU lock is taken; and says under it whether
 * what the host said still holds.
 */
final class HostResolver {
  private final MmuConfig config;
  private final SpteFormat format;
  private final Memslots memslots;
  private final HostPages hostPages;
  private final Invalidations invalidations;
  private final InvalidateRetryRule retryRule;

  HostResolver(
      MmuConfig config,
      SpteFormat format,
      Memslots memslots,
      HostPages hostPages,
      Invalidations invalidations,
      InvalidateRetryRule retryRule) {
    this.config = config;
    this.format = format;
    this.memslots = memslots;
    this.hostPages = hostPages;
    this.invalidations = invalidations;
    this.retryRule = retryRule;
  }

  /**
   * Resolves the page, or finds that there is none: then it is MMIO, and remembered as such.
   *
   * @param addressPage whose place in the tables it has, and under which it is remembered
   * @param access what the guest allows of it
   * @return CONTINUE, or the fault's result
   */
  FaultResult resolve(
      Cpu cpu,
      MemslotArray slots,
      Mapping mapping,
      MmioCache mmioCache,
      long addressPage,
      int access) {
    long gfn = mapping.gfn();
    Memslot slot = slots.find(gfn);
    if (slot != null && slot.isInvalid()) {
      return FaultResult.RETRY;
    }
    mapping.setSequence(invalidations.sequence());
    if (slot == null) {
      if (memslots.isExchanging()) {
        // No mark now: its generation would not be told from the next one.
        return FaultResult.EMULATE;
      }
      mapping.resolvedAsMmio(slots.generation());
      mmioCache.put(addressPage, gfn, access, slots.generation());
      boolean isMarkable = config.isMappable(addressPage) && MmioSpte.isPossible(format, gfn);
      return isMarkable ? FaultResult.CONTINUE : FaultResult.EMULATE;
    }
    requireMappable(addressPage, slot);
    if (slot.isReadOnly() && mapping.isWrite()) {
      return FaultResult.EMULATE;
    }
    long page = hostPages.resolve(cpu, slot.hvn(gfn), mapping.isWrite());
    if (page == HostPages.ABSENT) {
      throw new IllegalStateException(
          "no host memory behind gfn " + Long.toHexString(gfn) + " of " + slot);
    }
    mapping.resolved(slot, page);
    return FaultResult.CONTINUE;
  }

  private void requireMappable(long addressPage, Memslot slot) {
    if (!config.isMappable(addressPage)) {
      throw new IllegalArgumentException(
          "page "
              + Long.toHexString(addressPage)
              + " of "
              + slot
              + " lies beyond the "
              + config.tableEntries()
              + " entries of a table that are used");
    }
  }

  /** Under the MMU lock: whether the host may have taken away what it gave. */
  boolean isStale(Mapping mapping) {
    Memslot slot = mapping.slot();
    boolean isCovered =
        slot != null && invalidations.haveCovered(slot.hvn(mapping.gfn()), mapping.sequence());
    return retryRule.retries(isCovered);
  }

  /** Under the MMU lock: whether the host is taking anything away just now. */
  boolean isInvalidating() {
    return invalidations.areInProgress();
  }
}
