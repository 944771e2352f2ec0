package dev.gnomon.machine.device;

/**
 * Carries interrupts between local APICs (Intel SDM 3A, 11.6: issuing interprocessor interrupts).
 */
final class ApicBus {
  // Delivery modes, bits 10 to 8 of an interrupt command.
  static final int FIXED = 0;
  static final int LOWEST_PRIORITY = 1;
  static final int NMI = 4;
  static final int INIT = 5;
  static final int START_UP = 6;

  private static final int MODE_SHIFT = 8;
  private static final long LOGICAL = 1L << 11;
  private static final long ASSERT = 1L << 14;
  private static final long LEVEL = 1L << 15;
  private static final int SHORTHAND_SHIFT = 18;
  private static final int SELF = 1;
  private static final int ALL = 2;
  private static final int ALL_BUT_SELF = 3;
  private static final int FIRST_LEGAL_VECTOR = 16;

  private final ApicWords words;

  ApicBus(ApicWords words) {
    this.words = words;
  }

  /** Whether a command sends a vector that none may have. */
  static boolean isIllegal(int command) {
    int mode = mode(command);
    return (mode == FIXED || mode == LOWEST_PRIORITY) && (command & 0xff) < FIRST_LEGAL_VECTOR;
  }

  private static int mode(int command) {
    return command >>> MODE_SHIFT & 7;
  }

  /**
   * Sends what an interrupt command says.
   *
   * @param sender the vCPU that does
   * @param command the lower half of the interrupt command register
   * @param destination 8 bits from an xAPIC, 32 from an x2APIC
   */
  void send(int sender, int command, int destination, boolean isX2apic) {
    int mode = mode(command);
    if (mode == INIT && (command & LEVEL) != 0 && (command & ASSERT) == 0) {
      // INIT level de-assert was for processors before the Pentium 4.
      return;
    }
    int shorthand = command >>> SHORTHAND_SHIFT & 3;
    for (int vcpu = 0; vcpu < words.vcpus(); vcpu++) {
      if (isMeant(vcpu, sender, shorthand, command, destination, isX2apic)
          && deliver(vcpu, mode, command & 0xff)
          && mode == LOWEST_PRIORITY) {
        return;
      }
    }
  }

  private boolean isMeant(
      int vcpu, int sender, int shorthand, int command, int destination, boolean isX2apic) {
    long address = words.address(vcpu);
    return ApicAddress.isEnabled(address)
        && switch (shorthand) {
          case SELF -> vcpu == sender;
          case ALL -> true;
          case ALL_BUT_SELF -> vcpu != sender;
          default ->
              ApicAddress.matches(address, vcpu, destination, (command & LOGICAL) != 0, isX2apic);
        };
  }

  /** Delivers to one; false if its APIC does not take it. */
  private boolean deliver(int vcpu, int mode, int vector) {
    switch (mode) {
      case FIXED, LOWEST_PRIORITY -> {
        if (!ApicAddress.takesVectors(words.address(vcpu))) {
          return false;
        }
        words.request(vcpu, vector, false);
        words.wake(vcpu);
      }
      case NMI -> words.send(vcpu, ApicWords.NMI);
      case INIT -> words.sendInit(vcpu);
      case START_UP -> words.sendStartUp(vcpu, vector);
      default -> {
        return false;
      }
    }
    return true;
  }
}
