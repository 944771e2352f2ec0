package dev.gnomon.mmu.table;

/**
 * The mode bits under which a page of entries is valid, packed as KVM's role word.
 *
 * <pre>
 *  bits 3:0  level          bit 11  invalid (no longer for use)
 *  bit  7    direct         bit 16  A/D disabled
 *  bits 10:8 access (x, w, u)  bit 17  guest mode (L2)
 * </pre>
 */
public final class Role {
  private static final int LEVEL_MASK = 0xf;
  private static final int DIRECT = 1 << 7;
  private static final int ACCESS_ALL = 7 << 8;
  private static final int NO_EXECUTE_ENABLED = 1 << 12;
  private static final int WRITE_PROTECT_ENABLED = 1 << 13;
  private static final int AD_DISABLED = 1 << 16;

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

  /** The role of a table at another level of the same tree. */
  public static int atLevel(int role, int level) {
    return role & ~LEVEL_MASK | level;
  }

  /** The level of the table. */
  public static int level(int role) {
    return role & LEVEL_MASK;
  }

  /** Whether entries in it are made without A and D. */
  public static boolean isAdDisabled(int role) {
    return (role & AD_DISABLED) != 0;
  }
}
