package dev.gnomon.cli.event;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** The events that a trace can hold, under the names that the kernel's traces have. */
enum EventKind {
  KVM_MMU_GET_PAGE,
  KVM_MMU_PREPARE_ZAP_PAGE,
  KVM_MMU_UNSYNC_PAGE,
  KVM_MMU_SYNC_PAGE,
  /** A page of the shadow MMU was made: the recordings' own. */
  KVM_MMU_ORACLE_SP,
  KVM_MMU_SET_ACCESSED_BIT,
  KVM_MMU_SET_DIRTY_BIT,
  KVM_MMU_WALKER_ERROR,
  /** The reverse map has changed: the recordings' own. */
  KVM_MMU_ORACLE_RMAP,
  /** A root was allocated: the recordings' own. */
  KVM_MMU_ORACLE_ROOT,
  KVM_MMU_ZAP_ALL_FAST,
  KVM_PAGE_FAULT,
  KVM_MMU_SPTE_REQUESTED,
  KVM_MMU_SET_SPTE,
  FAST_PAGE_FAULT,
  /** An entry was written: the recordings' own. */
  KVM_MMU_ORACLE_SPTE,
  KVM_TDP_MMU_SPTE_CHANGED,
  KVM_MMU_SPLIT_HUGE_PAGE,
  MARK_MMIO_SPTE,
  CHECK_MMIO_SPTE,
  HANDLE_MMIO_PAGE_FAULT,
  KVM_UNMAP_HVA_RANGE,
  KVM_AGE_HVA,
  KVM_TEST_AGE_HVA,
  KVM_DIRTY_RING_PUSH,
  KVM_DIRTY_RING_RESET,
  /** A marker: a text of whoever drives the VM. */
  TRACING_MARK_WRITE;

  private static final EventKind[] ALL = values();

  private final byte[] head =
      (name().toLowerCase(Locale.ROOT) + ": ").getBytes(StandardCharsets.US_ASCII);

  /** The kind of a number. */
  static EventKind of(long ordinal) {
    return ALL[(int) ordinal];
  }

  /** Its name, a colon and a space. Not to be changed. */
  byte[] head() {
    return head;
  }
}
