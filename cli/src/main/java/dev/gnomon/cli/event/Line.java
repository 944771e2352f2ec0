package dev.gnomon.cli.event;

/** Bytes of text that grow at their end; lines are made in it without garbage. */
final class Line {
  private static final int MOST_DIGITS = 20;
  private static final int DECIMAL = 10;
  private static final byte[] HEX = {
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'
  };

  private final byte[] bytes;
  private final byte[] digits = new byte[MOST_DIGITS];
  private int length;

  Line(int capacity) {
    bytes = new byte[capacity];
  }

  byte[] bytes() {
    return bytes;
  }

  int length() {
    return length;
  }

  /** How many bytes still fit. */
  int room() {
    return bytes.length - length;
  }

  void clear() {
    length = 0;
  }

  Line add(byte[] text) {
    System.arraycopy(text, 0, bytes, length, text.length);
    length += text.length;
    return this;
  }

  /** Adds ASCII text; what is not ASCII becomes a question mark. */
  Line add(String text) {
    int count = text.length();
    byte[] into = bytes;
    int at = length;
    for (int i = 0; i < count; i++) {
      char c = text.charAt(i);
      into[at++] = c < 0x80 ? (byte) c : (byte) '?';
    }
    length = at;
    return this;
  }

  Line add(char c) {
    bytes[length++] = (byte) c;
    return this;
  }

  /** Adds a number in hexadecimal, without leading zeros. */
  Line hex(long value) {
    return hex(value, 1);
  }

  /** Adds a number in hexadecimal, of at least so many digits. */
  Line hex(long value, int fewest) {
    int needed = (Long.SIZE + 3 - Long.numberOfLeadingZeros(value)) / 4;
    int count = Math.max(needed, fewest);
    byte[] into = bytes;
    int at = length + count;
    length = at;
    long rest = value;
    for (int i = 0; i < count; i++) {
      into[--at] = HEX[(int) rest & 15];
      rest >>>= 4;
    }
    return this;
  }

  /** Adds a number in decimal. */
  Line decimal(long value) {
    if (value < 0) {
      add('-');
    }
    return decimal(Math.abs(value), 1, '0');
  }

  /** Adds a number of 0 or more in decimal, filled to so many places. */
  Line decimal(long value, int fewest, char fill) {
    int count = 0;
    long rest = value;
    do {
      long quotient = rest / DECIMAL;
      digits[count++] = (byte) ('0' + (rest - quotient * DECIMAL));
      rest = quotient;
    } while (rest != 0);
    for (int i = count; i < fewest; i++) {
      add(fill);
    }
    while (count > 0) {
      bytes[length++] = digits[--count];
    }
    return this;
  }
}
