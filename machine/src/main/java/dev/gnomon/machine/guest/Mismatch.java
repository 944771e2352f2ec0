package dev.gnomon.machine.guest;

/**
 * Memory that did not hold what it must.
 *
 * @param process whose memory
 * @param gva where
 * @param expected what the record says
 * @param found what the guest read
 */
public record Mismatch(int process, long gva, long expected, long found) {

  /** One line that names the page. */
  public String describe() {
    return "process %d, page %#x, at %#x: expected %#x, found %#x"
        .formatted(process, gva & -4096L, gva, expected, found);
  }
}
