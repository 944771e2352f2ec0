package dev.gnomon.machine.device;

/**
 * How a local APIC is addressed, as one word that senders read: its logical destination in bits 31
 * to 0, and what else decides whether a message is for it (Intel SDM 3A, 11.6.2).
 */
final class ApicAddress {
  private static final long LOGICAL = 0xffff_ffffL;

  /** DFR says flat, not clusters. */
  private static final long FLAT = 1L << 32;

  private static final long X2APIC = 1L << 33;

  /** The APIC is not switched off in its base register. */
  private static final long ENABLED = 1L << 34;

  /** The APIC is switched on in its spurious-vector register: it takes vectors. */
  private static final long TAKES_VECTORS = 1L << 35;

  private static final int XAPIC_SHIFT = 24;
  private static final int XAPIC_BROADCAST = 0xff;
  private static final int BROADCAST = -1;

  private ApicAddress() {}

  static long of(
      int logical, boolean isFlat, boolean isX2apic, boolean isEnabled, boolean takesVectors) {
    return logical & LOGICAL
        | (isFlat ? FLAT : 0)
        | (isX2apic ? X2APIC : 0)
        | (isEnabled ? ENABLED : 0)
        | (takesVectors ? TAKES_VECTORS : 0);
  }

  static boolean isEnabled(long address) {
    return (address & ENABLED) != 0;
  }

  static boolean takesVectors(long address) {
    return (address & TAKES_VECTORS) != 0;
  }

  /**
   * Whether a message is for an APIC.
   *
   * @param id the APIC's
   * @param destination as the sender wrote it: 8 bits from an xAPIC, 32 from an x2APIC
   * @param fromX2apic whether the sender's is in x2APIC mode
   */
  static boolean matches(
      long address, int id, int destination, boolean isLogical, boolean fromX2apic) {
    if (destination == (fromX2apic ? BROADCAST : XAPIC_BROADCAST)) {
      return true;
    }
    if (!isLogical) {
      return destination == id;
    }
    int logical = (int) address;
    if ((address & X2APIC) != 0) {
      return logical >>> 16 == destination >>> 16 && (logical & destination & 0xffff) != 0;
    }
    int mine = logical >>> XAPIC_SHIFT;
    if ((address & FLAT) != 0) {
      return (mine & destination) != 0;
    }
    return mine >>> 4 == destination >>> 4 && (mine & destination & 0xf) != 0;
  }
}
