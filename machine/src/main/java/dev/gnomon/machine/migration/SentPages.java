package dev.gnomon.machine.migration;

/** Counts what a migration has sent, and which pages more than once. */
final class SentPages {
  private final long[] once;
  private final long[] again;
  private long pages;
  private long bytes;
  private long resent;

  SentPages(long frames) {
    once = new long[Math.toIntExact((frames + Long.SIZE - 1) / Long.SIZE)];
    again = new long[once.length];
  }

  /** Counts a page that took so many bytes. */
  void add(long frame, long size) {
    pages++;
    bytes += size;
    int word = (int) (frame >>> 6);
    long bit = 1L << frame;
    if ((once[word] & bit) == 0) {
      once[word] |= bit;
    } else if ((again[word] & bit) == 0) {
      again[word] |= bit;
      resent++;
    }
  }

  /** How many, each counted as often as it was sent. */
  long pages() {
    return pages;
  }

  long bytes() {
    return bytes;
  }

  /** How many pages were sent more than once. */
  long resent() {
    return resent;
  }
}
