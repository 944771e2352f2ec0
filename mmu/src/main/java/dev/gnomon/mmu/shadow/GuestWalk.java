package dev.gnomon.mmu.shadow;

import dev.gnomon.mmu.slot.Memslot;
import org.jspecify.annotations.Nullable;

/**
 * What one walk of the guest's tables has found. Reusable; owned by one vCPU.
 *
 * <p>Indexed by level: the entry that was used at each, where it lies, and what the way down to and
 * with it allows.
 */
public final class GuestWalk {
  private static final int LEVELS = 7;

  final long[] gptes = new long[LEVELS];
  final long[] gpas = new long[LEVELS];
  final long[] hpas = new long[LEVELS];
  final Memslot[] slots = new Memslot[LEVELS];
  final int[] accesses = new int[LEVELS];
  int top;
  int level;
  long gfn;
  int access;
  long faultCode;

  /** What the entries give together that refuse an access; nothing where one is not present. */
  long rights;

  /** A page that the host must make present before the walk can go on. */
  @Nullable Memslot absentSlot;

  long absentGpa;
  boolean absentForWrite;

  /** The level of the guest's leaf; 1 without paging. */
  public int level() {
    return level;
  }

  /** The gfn behind the address. */
  public long gfn() {
    return gfn;
  }

  /** What the guest's tables allow of it now, as an access of a role. */
  public int access() {
    return access;
  }

  /** The error code of a walk that failed. */
  public long faultCode() {
    return faultCode;
  }

  /**
   * What the entries that a failed walk has used allow together, as an access of a role; nothing
   * where one is not present.
   */
  public int refusedAccess() {
    return GuestFormat.access(rights);
  }

  /** The gfn of the table whose entry was used at a level. */
  long tableGfn(int atLevel) {
    return gpas[atLevel] >>> 12;
  }
}
