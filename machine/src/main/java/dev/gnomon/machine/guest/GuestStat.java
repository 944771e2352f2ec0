package dev.gnomon.machine.guest;

import java.util.Locale;

/** What the guest's kernel counts of its own doing. */
public enum GuestStat {
  /** Loads of the top table of another process, or of another's thread. */
  SWITCHES,
  FORKS,
  /** Shared pages that were copied because someone wrote. */
  COW_COPIES,
  /** Pages that had been shared, and were made writable because nobody shared them any more. */
  COW_REUSES,
  PAGES_UNMAPPED,
  /** Tables given back: of whole parts that were unmapped, and of children that ended. */
  TABLES_FREED,
  PAGES_PROTECTED,
  PAGES_MOVED,
  /** Interrupts sent to other vCPUs so that they flush. */
  SHOOTDOWN_IPIS,
  /** How often the guest's hypervisor ran its guest. */
  L2_ENTRIES,
  /** How often the hypervisor's tables refused its guest an access. */
  L2_VIOLATIONS,
  L2_PAGES_UNMAPPED,
  L2_PAGES_PROTECTED,
  L2_PAGES_MOVED;

  /** Whether only a hypervisor in the guest counts it. */
  public boolean isOfHypervisor() {
    return compareTo(L2_ENTRIES) >= 0;
  }

  /** The name in reports: lower case. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
