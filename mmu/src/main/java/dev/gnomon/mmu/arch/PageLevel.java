package dev.gnomon.mmu.arch;

/**
 * Levels of 64-bit page tables and the sizes that belong to them. Level 1 tables map 4 KiB pages,
 * level 2 2 MiB, level 3 1 GiB; an entry of a level-n table translates 9 bits of the address.
 *
 * <p>Source: Intel SDM vol. 3A, 4.5.
 */
public final class PageLevel {
  public static final int LEVEL_4K = 1;
  public static final int LEVEL_2M = 2;
  public static final int LEVEL_1G = 3;

  /** Entries in a table. */
  public static final int ENTRIES = 512;

  private static final int PAGE_SHIFT = 12;
  private static final int BITS_PER_LEVEL = 9;

  private PageLevel() {}

  /** log2 of the bytes that an entry at {@code level} translates. */
  public static int shift(int level) {
    return PAGE_SHIFT + (level - 1) * BITS_PER_LEVEL;
  }

  /** The 4 KiB frames that an entry at {@code level} translates. */
  public static long frames(int level) {
    return 1L << (level - 1) * BITS_PER_LEVEL;
  }

  /** The index into a table of {@code level} for an address in bytes. */
  public static int index(long address, int level) {
    return (int) (address >>> shift(level)) & ENTRIES - 1;
  }

  /** The index into a table of {@code level} for a frame number. */
  public static int indexOfFrame(long frame, int level) {
    return (int) (frame >>> (level - 1) * BITS_PER_LEVEL) & ENTRIES - 1;
  }

  /** The first frame of the run of {@link #frames} that {@code frame} lies in. */
  public static long alignDown(long frame, int level) {
    return frame & -frames(level);
  }

  /** The first aligned frame at or after {@code frame}. */
  public static long alignUp(long frame, int level) {
    return alignDown(frame + frames(level) - 1, level);
  }
}
