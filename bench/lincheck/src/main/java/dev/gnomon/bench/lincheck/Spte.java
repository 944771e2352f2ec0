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

  /** Whether a write goes through it. */
  static boolean allows(int spte) {
    return isPresent(spte) && !isAccessTracked(spte) && isWritable(spte);
  }

  /** The rule {@code volatile=unless-writable}. */
  static boolean isVolatile(int spte) {
    return isAccessTracked(spte) || (!isWritable(spte) && (spte & MMU_WRITABLE) != 0);
  }

  /** What a fast page fault for a write makes of it. */
  static int fixed(int spte) {
    int fixed = spte & ~ACCESS_TRACKED;
    return (spte & MMU_WRITABLE) != 0 ? fixed | WRITABLE : fixed;
  }
}
