package dev.gnomon.machine.guest;

/**
 * The addresses that one player of a trace uses: a whole user half, the part of one that is one
 * thread's, or, without paging, some of physical memory.
 *
 * @param base the first
 * @param size how many; a power of two
 * @param isFolded whether of a traced address only as many lower bits count as there is room for
 */
record UserRegion(long base, long size, boolean isFolded) {

  /** The first address after it. */
  long end() {
    return base + size;
  }

  /** Whether an address lies in it. */
  boolean contains(long gva) {
    return gva >= base && gva < end();
  }

  /** Where a traced access of so many bytes goes, or -1 if it would leave the region. */
  long place(long traced, int bytes) {
    if (isFolded) {
      return base + Math.min(traced & size - 1, size - bytes);
    }
    return traced >= 0 && traced <= size - bytes ? base + traced : -1;
  }
}
