package dev.gnomon.mmu.table;

import dev.gnomon.mmu.arch.ControlBits;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.PagingMode;

/**
 * The mode bits under which a page of entries is valid, packed as KVM's role word.
 *
 * <pre>
 *  bits 3:0  level              bit 12  NX enabled
 *  bit  4    4-byte GPTEs       bit 13  CR0.WP
 *  bits 6:5  quadrant           bit 14  SMEP without CR0.WP
 *  bit  7    direct             bit 15  SMAP without CR0.WP
 *  bits 10:8 access (x, w, u)   bit 16  A/D disabled
 *  bit 11    invalid            bit 17  guest mode (L2)
 *                               bit 18  passthrough
 * </pre>
 */
public final class Role {
  /** In an access: execution. */
  public static final int EXECUTE = 1;

  /** In an access: writes. */
  public static final int WRITE = 1 << 1;

  /** In an access: user code. */
  public static final int USER = 1 << 2;

  /** Every access. */
  public static final int ALL = EXECUTE | WRITE | USER;

  /** The page is no longer for use: it is told of pages, never part of an identity. */
  public static final int INVALID = 1 << 11;

  private static final int LEVEL_MASK = 0xf;
  private static final int FOUR_BYTE_ENTRIES = 1 << 4;
  private static final int QUADRANT_SHIFT = 5;
  private static final int QUADRANT_MASK = 3 << QUADRANT_SHIFT;
  private static final int DIRECT = 1 << 7;
  private static final int ACCESS_SHIFT = 8;
  private static final int ACCESS_ALL = ALL << ACCESS_SHIFT;
  private static final int NO_EXECUTE_ENABLED = 1 << 12;
  private static final int WRITE_PROTECT_ENABLED = 1 << 13;
  private static final int SMEP_WITHOUT_WRITE_PROTECT = 1 << 14;
  private static final int SMAP_WITHOUT_WRITE_PROTECT = 1 << 15;
  private static final int AD_DISABLED = 1 << 16;
  private static final int GUEST_MODE = 1 << 17;
  private static final int PASSTHROUGH = 1 << 18;

  /** PAE paging: the level of a root that is four entries. */
  private static final int PAE_ROOT_LEVEL = 3;

  /** What pages below one root may differ in. */
  private static final int WITHIN_A_ROOT =
      LEVEL_MASK | QUADRANT_MASK | DIRECT | ACCESS_ALL | PASSTHROUGH;

  private Role() {}

  /** The role of a TDP root. */
  public static int direct(int level, boolean adDisabled) {
    return level
        | DIRECT
        | ACCESS_ALL
        | NO_EXECUTE_ENABLED
        | WRITE_PROTECT_ENABLED
        | (adDisabled ? AD_DISABLED : 0);
  }

  /**
   * The role of a root that shadows the tables of a guest with these registers, or, where it has no
   * paging, maps its memory as it is. NX is always on.
   */
  public static int shadow(ControlRegisters registers) {
    PagingMode mode = registers.mode();
    if (mode == PagingMode.NONE) {
      return PAE_ROOT_LEVEL | DIRECT | ACCESS_ALL | NO_EXECUTE_ENABLED;
    }
    boolean isWriteProtect = (registers.cr0() & ControlBits.CR0_WP) != 0;
    int role = Math.max(mode.levels(), PAE_ROOT_LEVEL) | ACCESS_ALL | NO_EXECUTE_ENABLED;
    if (mode == PagingMode.BITS_32) {
      role |= FOUR_BYTE_ENTRIES;
    }
    if (isWriteProtect) {
      return role | WRITE_PROTECT_ENABLED;
    }
    if ((registers.cr4() & ControlBits.CR4_SMEP) != 0) {
      role |= SMEP_WITHOUT_WRITE_PROTECT;
    }
    if ((registers.cr4() & ControlBits.CR4_SMAP) != 0) {
      role |= SMAP_WITHOUT_WRITE_PROTECT;
    }
    return role;
  }

  /** The role of a page that is used while L2 runs. */
  public static int inGuestMode(int role) {
    return role | GUEST_MODE;
  }

  /**
   * The role of a root that shadows L1's NPT. Every nested access is a user access, and CR0.WP is
   * on; NX is what L1 has.
   *
   * @param registers of L1, as far as they make its format
   * @param hostLevels the levels of the host's own tables; one more than L1 has is passed through
   */
  public static int npt(ControlRegisters registers, int hostLevels) {
    PagingMode mode = registers.mode();
    boolean isNoExecute = (registers.efer() & ControlBits.EFER_NXE) != 0;
    boolean isPassedThrough = mode.isLong() && mode.levels() < hostLevels;
    return hostLevels
        | (mode == PagingMode.BITS_32 ? FOUR_BYTE_ENTRIES : 0)
        | ACCESS_ALL
        | (isNoExecute ? NO_EXECUTE_ENABLED : 0)
        | WRITE_PROTECT_ENABLED
        | GUEST_MODE
        | (isPassedThrough ? PASSTHROUGH : 0);
  }

  /**
   * The role of a root that shadows L1's EPT.
   *
   * @param levels of L1's tables, and of ours
   * @param adDisabled whether L1 keeps no A and D
   */
  public static int ept(int levels, boolean adDisabled) {
    return levels | ACCESS_ALL | GUEST_MODE | (adDisabled ? AD_DISABLED : 0);
  }

  /** The role of a table at another level of the same tree. */
  public static int atLevel(int role, int level) {
    return role & ~LEVEL_MASK | level;
  }

  /** The role of a page that takes the place of a fourth of a PAE root. */
  public static int ofQuarter(int role, int level, int quadrant) {
    return role & ~(LEVEL_MASK | QUADRANT_MASK) | level | quadrant << QUADRANT_SHIFT;
  }

  /**
   * The role of the table below an entry.
   *
   * @param index of the entry in its table
   * @param access what the way to the lower table allows
   */
  public static int child(int parent, int index, boolean isDirect, int access) {
    int kept = parent & ~(LEVEL_MASK | QUADRANT_MASK | DIRECT | ACCESS_ALL | PASSTHROUGH);
    int quadrant = hasFourByteEntries(parent) ? index & 1 : 0;
    return kept
        | level(parent) - 1
        | quadrant << QUADRANT_SHIFT
        | (isDirect ? DIRECT : 0)
        | access << ACCESS_SHIFT;
  }

  /** The level of the table. */
  public static int level(int role) {
    return role & LEVEL_MASK;
  }

  /** Whether the guest's entries that are shadowed have 4 bytes. */
  public static boolean hasFourByteEntries(int role) {
    return (role & FOUR_BYTE_ENTRIES) != 0;
  }

  /** Which half or quarter of the guest's table of 4-byte entries is shadowed. */
  public static int quadrant(int role) {
    return (role & QUADRANT_MASK) >>> QUADRANT_SHIFT;
  }

  /** Whether the table maps a linear range of gfns. */
  public static boolean isDirect(int role) {
    return (role & DIRECT) != 0;
  }

  /** What the way to the table allows. */
  public static int access(int role) {
    return (role & ACCESS_ALL) >>> ACCESS_SHIFT;
  }

  /** Whether the guest's CR0.WP is set. */
  public static boolean isWriteProtect(int role) {
    return (role & WRITE_PROTECT_ENABLED) != 0;
  }

  /** Whether entries in it are made without A and D. */
  public static boolean isAdDisabled(int role) {
    return (role & AD_DISABLED) != 0;
  }

  /** Whether it is used while L2 runs. */
  public static boolean isGuestMode(int role) {
    return (role & GUEST_MODE) != 0;
  }

  /** Whether it stands above L1's own top table, of which there is but one entry. */
  public static boolean isPassthrough(int role) {
    return (role & PASSTHROUGH) != 0;
  }

  /** Whether two pages may belong to one root, by all that is the same throughout a tree. */
  public static boolean areOfOneMode(int role, int other) {
    return ((role ^ other) & ~WITHIN_A_ROOT) == 0;
  }
}
