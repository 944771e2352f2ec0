package dev.gnomon.machine.processor;

/**
 * Entries of guest page tables that lie where the MMU lets no walk go: in MMIO, in read-only
 * memory, in write-tracked memory. The VMM has read them for the access under way, and a walk takes
 * them from here. A handful at most.
 */
final class EmulatedEntries {
  private static final int MOST = 8;

  private final long[] gpas = new long[MOST];
  private final long[] values = new long[MOST];

  /** Where the VMM has found them: of L2's, elsewhere than where L2 has them. */
  private final long[] places = new long[MOST];

  private int count;

  boolean isEmpty() {
    return count == 0;
  }

  /** Where an entry is, or -1. */
  int find(long gpa) {
    for (int i = 0; i < count; i++) {
      if (gpas[i] == gpa) {
        return i;
      }
    }
    return -1;
  }

  /** What the VMM has read. */
  long value(int at) {
    return values[at];
  }

  /** The gpa at which the VMM finds an entry. */
  long place(int at) {
    return places[at];
  }

  /**
   * The VMM has read an entry, or changed it.
   *
   * @param gpa by which walks look for it; of L2, an L2-physical address
   * @param place the gpa at which the VMM finds it
   */
  void put(long gpa, long place, long value) {
    int at = find(gpa);
    if (at < 0) {
      at = count < MOST ? count++ : MOST - 1;
    }
    gpas[at] = gpa;
    values[at] = value;
    places[at] = place;
  }

  /** The access is over. */
  void clear() {
    count = 0;
  }
}
