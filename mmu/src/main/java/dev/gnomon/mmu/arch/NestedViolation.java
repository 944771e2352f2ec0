package dev.gnomon.mmu.arch;

/**
 * L2 was refused by the tables of L1, which gets this: an exit of L2, as L1's processor would
 * report it.
 *
 * @param kind which exit
 * @param ngpa the L2-physical address that was translated
 * @param information NPT: the error code, in bits 32 and 33 whether for the final page or for one
 *     of L2's tables; EPT: the exit qualification; of a misconfiguration, 0
 * @param gva the L2-virtual address; with EPT, valid if bit 7 of the qualification says so
 */
public record NestedViolation(Kind kind, long ngpa, long information, long gva) {

  /** The exits. */
  public enum Kind {
    /** #VMEXIT(NPF). AMD APM vol. 2, 15.25.6. */
    NESTED_PAGE_FAULT,
    /** Intel SDM vol. 3C, 28.2.1, table 28-7. */
    EPT_VIOLATION,
    /** Intel SDM vol. 3C, 29.3.3.1. */
    EPT_MISCONFIGURATION
  }

  /** In an exit qualification: the access was a read. */
  public static final long EPT_READ = 1L;

  /** In an exit qualification: the access was a write, or one to a table that counts as one. */
  public static final long EPT_WRITE = 1L << 1;

  /** In an exit qualification: the access was a fetch. */
  public static final long EPT_FETCH = 1L << 2;

  /** Where in an exit qualification is what the entries that were used allow: R, W, X. */
  public static final int EPT_ALLOWED_SHIFT = 3;

  /** In an exit qualification: the L2-virtual address is known. */
  public static final long EPT_ADDRESS_VALID = 1L << 7;

  /**
   * In an exit qualification: the access was to where that address leads, not to a table of L2's.
   */
  public static final long EPT_FINAL = 1L << 8;
}
