package dev.gnomon.machine.processor;

/**
 * A translation as a TLB keeps it, packed in a {@code long}: where a page lies, what the walk that
 * made it allowed, and whether writes may go through without another walk.
 *
 * <pre>
 *  51..12  host-physical address of the page (of its own size)
 *   9..8   level: 1, 2 or 3
 *   7      D was set on the way: a write needs no walk
 *   6      global: survives a CR3 load
 *   5..3   user may execute, write, read
 *   2..0   supervisor may execute, write, read
 * </pre>
 */
final class Translation {
  static final long READ = 1;
  static final long WRITE = 1 << 1;
  static final long EXECUTE = 1 << 2;
  static final long ALL = READ | WRITE | EXECUTE;
  static final int USER_SHIFT = 3;
  static final long GLOBAL = 1 << 6;
  static final long DIRTY = 1 << 7;

  private static final int LEVEL_SHIFT = 8;
  private static final long ADDRESS_MASK = (1L << 52) - (1L << 12);

  private Translation() {}

  static long make(long pageHpa, int level, long supervisor, long user, long flags) {
    return pageHpa | (long) level << LEVEL_SHIFT | user << USER_SHIFT | supervisor | flags;
  }

  static int level(long translation) {
    return (int) (translation >>> LEVEL_SHIFT) & 3;
  }

  /** The address of the page. */
  static long page(long translation) {
    return translation & ADDRESS_MASK;
  }

  /** What is allowed to the mode: bits READ, WRITE, EXECUTE. */
  static long rights(long translation, boolean isUser) {
    return (isUser ? translation >>> USER_SHIFT : translation) & ALL;
  }

  /** The host-physical address of one address in the page. */
  static long hpa(long translation, long address) {
    long offsetMask = (1L << 12 + 9 * (level(translation) - 1)) - 1;
    return page(translation) & ~offsetMask | address & offsetMask;
  }
}
