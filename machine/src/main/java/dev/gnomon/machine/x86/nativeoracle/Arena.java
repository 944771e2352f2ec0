package dev.gnomon.machine.x86.nativeoracle;

/**
 * Where things lie, in this process and at the same addresses in the guest.
 *
 * <pre>
 *   base    the stub, one page
 *   +1000   the state that the stub loads and stores, one page
 *   +2000   the program, one page
 *   +3000   empty: a signal that comes while RSP is the program's puts its frame here
 *   +23000  the data that the program's instructions may touch, in the middle of its page
 * </pre>
 *
 * @param base a multiple of 2 MiB below 2 GiB, so that addresses of 32 bits reach it; where the JVM
 *     has left room. What a seed makes is the same for every base but for the addresses in it
 */
record Arena(long base) {
  static final long FIRST_BASE = 0x1000_0000L;
  static final long LAST_BASE = 0x7f00_0000L;
  static final long BASE_STEP = 0x100_0000L;

  static final long STATE = 0x1000;
  static final long PROGRAM = 0x2000;
  static final long DATA = 0x23400;
  static final long SIZE = 0x25000;

  /** The bytes that are set before each case, and compared after it. */
  static final int DATA_BYTES = 1024;

  /** Operands begin so far from either end of the data at least. */
  static final int MARGIN = 128;

  /** The address of the state. */
  long state() {
    return base + STATE;
  }

  /** The address of the program. */
  long program() {
    return base + PROGRAM;
  }

  /** The address of the data. */
  long data() {
    return base + DATA;
  }
}
