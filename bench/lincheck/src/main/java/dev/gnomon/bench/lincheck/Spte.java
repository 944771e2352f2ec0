package dev.gnomon.bench.lincheck;

/** The leaf SPTE, A/D bits off. Not present: 0. */
final class Spte {
  static final int PRESENT = 1;
  static final int WRITABLE = 2;
  static final int MMU_WRITABLE = 4;
  static final int ACCESS_TRACKED = 8;
  private static final int PFN = 16;

  private Spte() {}

  static int make(int frame) {
    return PRESENT | WRITABLE | MMU_WRITABLE | frame * PFN;
  }

  static int frame(int spte) {
    return spte / PFN;
  }

  static boolean isPresent(int spte) {
    return (spte & PRESENT) != 0;
  }

  static boolean isWritable(int spte) {
    return (spte & WRITABLE) != 0;
  }

  static boolean isAccessTracked(int spte) {
    return (spte & ACCESS_TRACKED) != 0;
  }

  static boolean allows(int spte, boolean isWrite) {
    return isPresent(spte) && !isAccessTracked(spte) && (!isWrite || isWritable(spte));
  }

  /** The rule {@code volatile=unless-writable}. */
  static boolean isVolatile(int spte) {
    return isAccessTracked(spte) || (!isWritable(spte) && (spte & MMU_WRITABLE) != 0);
  }

  /** What a fast page fault makes of it. */
  static int fixed(int spte, boolean isWrite) {
    int fixed = spte & ~ACCESS_TRACKED;
    return isWrite && (spte & MMU_WRITABLE) != 0 ? fixed | WRITABLE : fixed;
  }
}
