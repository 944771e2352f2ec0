package dev.gnomon.machine.guest;

/**
 * What the memory of a process holds before anyone has written it.
 *
 * @param seed made of the process's number
 * @param isBlank whether it is zeros: nobody fills a page where there are no page faults
 */
record InitialContent(long seed, boolean isBlank) {

  /** What 8 aligned bytes hold. */
  long word(long gva) {
    if (isBlank) {
      return 0;
    }
    long z = (gva >>> 3) * 0x9e37_79b9_7f4a_7c15L + seed;
    z = (z ^ z >>> 32) * 0xd6e8_feb8_6659_fd93L;
    return z ^ z >>> 32;
  }
}
