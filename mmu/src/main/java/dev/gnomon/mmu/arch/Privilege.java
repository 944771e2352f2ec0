package dev.gnomon.mmu.arch;

/**
 * As whom the processor accesses memory, as far as paging asks. What it does by itself at whatever
 * CPL - reading a descriptor, writing a TSS - it does as {@link #SUPERVISOR}: SMAP applies, and an
 * error code has U clear.
 *
 * <p>Source: Intel SDM vol. 3A, 4.6.1.
 */
public enum Privilege {
  /** At CPL below 3, EFLAGS.AC clear; or implicit. */
  SUPERVISOR,
  /** At CPL 3. */
  USER,
  /** At CPL below 3, EFLAGS.AC set: SMAP does not apply. */
  SUPERVISOR_AC;

  /** Whether an error code has U set. */
  public boolean isUser() {
    return this == USER;
  }
}
