package dev.gnomon.machine.device;

/**
 * One 8259A interrupt controller (Intel's data sheet of the 8259A): edge-triggered, fixed
 * priorities, automatic or commanded end of interrupt.
 */
final class InterruptController extends BytePorts {
  static final int PORTS = 2;

  private static final int LINES = 8;

  /** ICW1 is told from other commands by this bit. */
  private static final int INITIALIZE = 0x10;

  private static final int NEEDS_ICW4 = 1;
  private static final int IS_SINGLE = 2;
  private static final int OCW3 = 8;
  private static final int END_OF_INTERRUPT = 0x20;
  private static final int SPECIFIC = 0x40;
  private static final int READ_REGISTER = 2;
  private static final int READ_IN_SERVICE = 3;
  private static final int POLL = 4;
  private static final int AUTOMATIC_END = 2;

  /** What the spurious interrupt is the vector of. */
  private static final int LAST_LINE = 7;

  private final int firstPort;
  private final Runnable changed;

  private int lines;
  private int requested;
  private int inService;
  private int mask = 0xff;
  private int firstVector;
  private boolean endsAutomatically;
  private boolean readsInService;
  private boolean isPolled;

  /** Which initialisation word is expected at the odd port, 0 for none. */
  private int expectedWord;

  private boolean expectsIcw3;
  private boolean expectsIcw4;

  /**
   * At two ports.
   *
   * @param changed told when {@link #isRequesting} may have changed
   */
  InterruptController(int firstPort, Runnable changed) {
    this.firstPort = firstPort;
    this.changed = changed;
  }

  /** Drives one of its eight lines. A rising edge requests. */
  void set(int line, boolean isHigh) {
    int bit = 1 << line;
    if (isHigh && (lines & bit) == 0) {
      requested |= bit;
    } else if (!isHigh) {
      requested &= ~bit;
    }
    lines = isHigh ? lines | bit : lines & ~bit;
    changed.run();
  }

  /** Whether its output is high: an unmasked request above everything in service. */
  boolean isRequesting() {
    return highest() < LINES;
  }

  /** The line that would be served next, or 8. */
  private int highest() {
    int candidate = Integer.numberOfTrailingZeros(requested & ~mask | 1 << LINES);
    int serving = Integer.numberOfTrailingZeros(inService | 1 << LINES);
    return candidate < serving ? candidate : LINES;
  }

  /** The processor acknowledges: the line that is served from now on; 7 if the request is gone. */
  int acknowledge() {
    int line = highest();
    if (line == LINES) {
      return LAST_LINE;
    }
    requested &= ~(1 << line);
    if (!endsAutomatically) {
      inService |= 1 << line;
    }
    changed.run();
    return line;
  }

  /** The vector of its first line. */
  int firstVector() {
    return firstVector;
  }

  @Override
  int in(int port) {
    if (isPolled) {
      isPolled = false;
      return isRequesting() ? 0x80 | acknowledge() : 0;
    }
    if (port != firstPort) {
      return mask;
    }
    return readsInService ? inService : requested;
  }

  @Override
  void out(int port, int value) {
    if (port != firstPort) {
      writeData(value);
    } else if ((value & INITIALIZE) != 0) {
      initialize(value);
    } else if ((value & OCW3) != 0) {
      if ((value & READ_REGISTER) != 0) {
        readsInService = (value & READ_IN_SERVICE) == READ_IN_SERVICE;
      }
      isPolled = (value & POLL) != 0;
    } else if ((value & END_OF_INTERRUPT) != 0) {
      end(value);
    }
    changed.run();
  }

  private void initialize(int icw1) {
    requested = 0;
    inService = 0;
    mask = 0;
    endsAutomatically = false;
    readsInService = false;
    expectsIcw3 = (icw1 & IS_SINGLE) == 0;
    expectsIcw4 = (icw1 & NEEDS_ICW4) != 0;
    expectedWord = 2;
  }

  private void writeData(int value) {
    switch (expectedWord) {
      case 2 -> {
        firstVector = value & 0xf8;
        expectedWord = expectsIcw3 ? 3 : expectsIcw4 ? 4 : 0;
      }
      case 3 -> expectedWord = expectsIcw4 ? 4 : 0;
      case 4 -> {
        endsAutomatically = (value & AUTOMATIC_END) != 0;
        expectedWord = 0;
      }
      default -> mask = value;
    }
  }

  private void end(int ocw2) {
    int ended = (ocw2 & SPECIFIC) != 0 ? 1 << (ocw2 & 7) : Integer.lowestOneBit(inService);
    inService &= ~ended;
  }
}
