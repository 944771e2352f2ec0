package dev.gnomon.machine.processor;

import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.Permissions;
import dev.gnomon.mmu.arch.Privilege;

/**
 * A translation as a TLB keeps it, packed in a {@code long}: where a page lies, what the walk that
 * made it has gathered in either dimension, and whether writes may go through without another walk.
 * What the guest's rights allow, {@link Permissions} says, when it is used.
 *
 * <pre>
 *  63      the guest's: no execute
 *  62..59  the guest's: protection key
 *  51..12  host-physical address of the page (of its own size)
 *  10      part of a larger page of the guest's
 *   9..8   level: 1, 2 or 3
 *   7      D was set on the way: a write needs no walk
 *   6      global: survives a CR3 load
 *   4..3   the guest's: user, writable
 *   2..0   the MMU's entry allows to execute, write, read
 * </pre>
 */
final class Translation {
  static final long READ = Permissions.READ;
  static final long WRITE = Permissions.WRITE;
  static final long EXECUTE = Permissions.EXECUTE;
  static final long ALL = READ | WRITE | EXECUTE;
  static final long GLOBAL = 1 << 6;
  static final long DIRTY = 1 << 7;
  static final long FRACTURED = 1 << 10;

  /** What the guest allows where it has no paging. */
  static final long UNPAGED = GuestEntry.WRITABLE | GuestEntry.USER;

  private static final int LEVEL_SHIFT = 8;
  private static final long ADDRESS_MASK = (1L << 52) - (1L << 12);
  private static final long UPPER_RIGHTS = GuestEntry.NO_EXECUTE | GuestEntry.KEY_MASK;
  private static final long LOWER_RIGHTS = GuestEntry.WRITABLE | GuestEntry.USER;
  private static final int LOWER_SHIFT = 2;

  private Translation() {}

  /**
   * Packs one.
   *
   * @param nested bits READ, WRITE, EXECUTE
   * @param guest in the places of a {@link GuestEntry}: W, U, no-execute, key
   * @param flags bits GLOBAL, DIRTY, FRACTURED
   */
  static long make(long pageHpa, int level, long nested, long guest, long flags) {
    return pageHpa
        | (long) level << LEVEL_SHIFT
        | guest & UPPER_RIGHTS
        | (guest & LOWER_RIGHTS) << LOWER_SHIFT
        | nested
        | flags;
  }

  static int level(long translation) {
    return (int) (translation >>> LEVEL_SHIFT) & 3;
  }

  /** The address of the page. */
  static long page(long translation) {
    return translation & ADDRESS_MASK;
  }

  /** What the guest's tables give: in the places of a {@link GuestEntry}. */
  static long guestRights(long translation) {
    return translation & UPPER_RIGHTS | translation >>> LOWER_SHIFT & LOWER_RIGHTS;
  }

  /** What is allowed: bits READ, WRITE, EXECUTE. */
  static long rights(long translation, Permissions permissions, Privilege who) {
    return translation & permissions.allowed(who, guestRights(translation));
  }

  /** Whether it serves an access of a kind by itself: a write needs D too. */
  static boolean suffices(long translation, Permissions permissions, Privilege who, long kindBit) {
    long needed = kindBit | (kindBit == WRITE ? DIRTY : 0);
    long given = rights(translation, permissions, who) | translation & DIRTY;
    return (given & needed) == needed;
  }

  /** The host-physical address of one address in the page. */
  static long hpa(long translation, long address) {
    long offsetMask = (1L << 12 + 9 * (level(translation) - 1)) - 1;
    return page(translation) & ~offsetMask | address & offsetMask;
  }
}
