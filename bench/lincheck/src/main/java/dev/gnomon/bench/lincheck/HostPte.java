package dev.gnomon.bench.lincheck;

/** The host's page-table entry. */
final class HostPte {
  static final int EMPTY = 0;
  static final int DROPPED = 1;
  static final int SWAPPED = 2;
  static final int BUSY = 3;
  static final int PIN = 16;
  private static final int PRESENT = 4;
  private static final int PFN = 8;

  private HostPte() {}

  static int present(int frame) {
    return PRESENT | frame * PFN;
  }

  static boolean isPresent(int pte) {
    return (pte & PRESENT) != 0;
  }

  static boolean isPinned(int pte) {
    return (pte & PIN) != 0;
  }

  static int frame(int pte) {
    return (pte & PFN) / PFN;
  }
}
