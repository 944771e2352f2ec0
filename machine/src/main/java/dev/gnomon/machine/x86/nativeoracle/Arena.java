package dev.gnomon.machine.x86.nativeoracle;

/**
 * Where things lie, in this process and at the same addresses in the guest.
 *
 * <pre>
 *   BASE    the stub, one page
 *   +1000   the state that the stub loads and stores, one page
 *   +2000   the program, one page
 *   +3000   empty: a signal that comes while RSP is the program's puts its frame here
 *   +23000  the data that the program's instructions may touch, in the middle of its page
 * </pre>
 *
 * Below 2 GiB, so that addresses of 32 bits reach it, and below where a JVM puts its heap.
 */
final class Arena {
  static final long BASE = 0x1000_0000L;
  static final long STATE = BASE + 0x1000;
  static final long PROGRAM = BASE + 0x2000;
  static final long DATA_PAGE = BASE + 0x23000;
  static final long SIZE = 0x25000;

  /** The bytes that are set before each case, and compared after it. */
  static final int DATA_BYTES = 1024;

  static final long DATA = DATA_PAGE + 0x400;

  /** Operands begin so far from either end of the data at least. */
  static final int MARGIN = 128;

  private Arena() {}
}
