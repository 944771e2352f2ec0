package dev.gnomon.checker.report;

/** What kind of thing a step is about. */
public enum Subject {
  /** An entry of a page table that the MMU writes. */
  SPTE,
  /** A word of the guest's memory. */
  GUEST_MEMORY,
  /** A word of a dirty bitmap, a ring, or a page-modification log. */
  DIRTY_LOG,
  /** What a vCPU is asked to do. */
  REQUEST,
  /** Whether a vCPU is in guest mode. */
  GUEST_MODE,
  /** A lock. */
  LOCK,
  /** Whether a CPU is in a read section of RCU. */
  READ_SECTION,
  /** What the host's memory manager knows of a page. */
  HOST_PAGE,
  /** A whole frame that is filled, copied or freed. */
  FRAME,
  /** Any other word. */
  OTHER
}
