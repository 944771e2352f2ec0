package dev.gnomon.machine.trace;

/**
 * Eight characters in a {@code long}, the first in its highest byte, read as hexadecimal digits in
 * lower case all at once.
 *
 * <p>Of bytes below 0x80, all can be compared with a constant c in one addition: adding 0x80 - c to
 * each carries into a byte's own top bit exactly if it is c or more, and never into its neighbour.
 * A byte of 0x80 or more may spoil the comparison of those before it; it is itself never taken for
 * a digit, so the characters before it cannot be all of an address either.
 */
final class HexWord {

  private static final long EACH = 0x0101010101010101L;
  private static final long TOP = EACH << 7;

  private HexWord() {}

  /** A word that is 0 if all characters are digits, else says to {@link #digitsBefore} which. */
  static long notDigits(long word) {
    long isDigit =
        (word + EACH * (0x80 - '0'))
            ^ (word + EACH * (0x80 - '9' - 1))
            ^ (word + EACH * (0x80 - 'a'))
            ^ (word + EACH * (0x80 - 'f' - 1));
    return (~isDigit | word) & TOP;
  }

  /** How many characters are digits before the first that is not, 0 to 8. */
  static int digitsBefore(long notDigits) {
    return Long.numberOfLeadingZeros(notDigits) >>> 3;
  }

  /**
   * The number that the first characters stand for.
   *
   * @param count how many, 1 to 8, all of them digits
   */
  static long value(long word, int count) {
    long digits = word >>> 64 - 8 * count;
    // A letter's low four bits are its value less nine; what tells a letter is 0x40.
    long nibbles = (digits & EACH * 0x0f) + ((digits >>> 6) & EACH) * 9;
    long bytes = (nibbles | nibbles >>> 4) & 0x00ff00ff00ff00ffL;
    long shorts = (bytes | bytes >>> 8) & 0x0000ffff0000ffffL;
    return (shorts | shorts >>> 16) & 0xffffffffL;
  }
}
