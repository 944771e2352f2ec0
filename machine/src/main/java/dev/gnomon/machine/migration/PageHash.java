package dev.gnomon.machine.migration;

import java.util.zip.CRC32;
import java.util.zip.CRC32C;

/**
 * A 64-bit hash of a page: its CRC-32 beside its CRC-32C.
 *
 * <p>Both are computed by instructions made for it, at many gigabytes a second, for the guest
 * stands still meanwhile. Their polynomials have no common factor, so together they are a CRC of 64
 * bits: a page that differs as memory does, not by design, has the same hash once in 2^64. Against
 * malice it is no help.
 */
final class PageHash {
  private static final int HIGH_SHIFT = 32;

  private final CRC32 high = new CRC32();
  private final CRC32C low = new CRC32C();

  long of(byte[] page) {
    high.reset();
    high.update(page, 0, page.length);
    low.reset();
    low.update(page, 0, page.length);
    return high.getValue() << HIGH_SHIFT | low.getValue();
  }
}
