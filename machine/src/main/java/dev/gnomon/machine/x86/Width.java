package dev.gnomon.machine.x86;

/**
 * What there is to know of operands of 1, 2, 4 or 8 bytes, so that operations on registers need no
 * branch.
 *
 * @param bytes how many
 * @param shift 64 less the bits
 * @param mask the bits
 * @param kept what a write to a register keeps of it: 1 and 2 bytes leave the rest, 4 clear it
 */
record Width(int bytes, int shift, long mask, long kept) {
  private static final Width BYTE = new Width(1, 56, 0xff, ~0xffL);
  private static final Width WORD = new Width(2, 48, 0xffff, ~0xffffL);
  private static final Width DOUBLE = new Width(4, 32, 0xffff_ffffL, 0);
  private static final Width QUAD = new Width(8, 0, -1, 0);

  static Width of(int bytes) {
    return switch (bytes) {
      case 1 -> BYTE;
      case 2 -> WORD;
      case 4 -> DOUBLE;
      case 8 -> QUAD;
      default -> throw new IllegalArgumentException(bytes + " bytes");
    };
  }

  /** The value sign-extended. */
  long signed(long value) {
    return value << shift >> shift;
  }
}
