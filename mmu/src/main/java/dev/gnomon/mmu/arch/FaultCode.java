package dev.gnomon.mmu.arch;

/**
 * Bits of a page-fault error code, for guest page faults and nested ones alike.
 *
 * <p>Sources: Intel SDM vol. 3A, 4.7; AMD APM vol. 2, 15.25.6 for bits 32 and 33. EPT violations
 * are brought into this form by the vCPU before they reach the MMU.
 */
public final class FaultCode {
  /** The fault was on a present translation. */
  public static final long PRESENT = 1L;

  public static final long WRITE = 1L << 1;
  public static final long USER = 1L << 2;

  /** A reserved bit was set: under TDP, an MMIO entry (an EPT misconfiguration, on Intel). */
  public static final long RESERVED = 1L << 3;

  public static final long FETCH = 1L << 4;
  public static final long PROTECTION_KEY = 1L << 5;

  /** Nested: the fault was on the final page. */
  public static final long GUEST_FINAL = 1L << 32;

  /** Nested: the fault was on a guest page table. */
  public static final long GUEST_PAGE = 1L << 33;

  private FaultCode() {}

  /** The bit that tells the kind of an access. */
  public static long of(AccessKind kind) {
    return switch (kind) {
      case READ -> 0;
      case WRITE -> WRITE;
      case FETCH -> FETCH;
    };
  }

  /** The code spelled out, for messages: {@code P|W|U}. */
  public static String describe(long code) {
    StringBuilder text = new StringBuilder();
    append(text, code, PRESENT, "P");
    append(text, code, WRITE, "W");
    append(text, code, USER, "U");
    append(text, code, RESERVED, "RSVD");
    append(text, code, FETCH, "I");
    append(text, code, PROTECTION_KEY, "PK");
    append(text, code, GUEST_FINAL, "FINAL");
    append(text, code, GUEST_PAGE, "TABLE");
    return text.isEmpty() ? "0" : text.toString();
  }

  private static void append(StringBuilder text, long code, long bit, String name) {
    if ((code & bit) != 0) {
      text.append(text.isEmpty() ? "" : "|").append(name);
    }
  }
}
