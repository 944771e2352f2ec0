package dev.gnomon.machine.migration;

/**
 * One round of a migration: a pass over the pages that were to be sent.
 *
 * @param number from 0, the full copy
 * @param pages how many pages were sent
 * @param bytes how many bytes that took, headers not counted
 * @param seconds how long it took
 * @param dirtyPages how many pages were to be sent when it was over, because they had been written
 * @param isFinal whether the guest stood still
 */
public record Round(
    int number, long pages, long bytes, double seconds, long dirtyPages, boolean isFinal) {

  /** Pages a second, sent. */
  public double sendRate() {
    return seconds > 0 ? pages / seconds : 0;
  }

  /** Pages a second, dirtied meanwhile. */
  public double dirtyRate() {
    return seconds > 0 ? dirtyPages / seconds : 0;
  }
}
