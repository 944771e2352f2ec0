package dev.gnomon.mmu.shadow;

import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.arch.Privilege;

/**
 * What the bits of the entries mean that are shadowed. Rights, whatever the format, are told in the
 * places of a {@link dev.gnomon.mmu.arch.GuestEntry}: W, U (of EPT: may be read), no-execute, key.
 */
interface EntryFormat {

  boolean isPresent(long gpte);

  /** Whether a present entry maps a page. */
  boolean isLeaf(long gpte, int level);

  /**
   * Whether a present entry has a bit set that must be clear, or is otherwise one that cannot be.
   */
  boolean hasReservedBit(long gpte, int level);

  /** What one entry gives. */
  long rights(long gpte);

  /** The A bit; 0 where there is none. */
  long accessedBit();

  /** The D bit; 0 where there is none. */
  long dirtyBit();

  /** What rights that were gathered allow: bits of {@link dev.gnomon.mmu.arch.Permissions}. */
  int allowed(Privilege who, long rights);

  /** The error code of an access that no present translation serves. */
  long codeNotPresent(Privilege who, AccessKind kind);

  /** The error code of an access on whose way a reserved bit is set. */
  long codeReserved(Privilege who, AccessKind kind);

  /** The error code of an access that is not allowed. */
  long codeRefused(Privilege who, AccessKind kind, long rights);
}
