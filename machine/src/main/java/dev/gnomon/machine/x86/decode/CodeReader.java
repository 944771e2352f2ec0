package dev.gnomon.machine.x86.decode;

/** The bytes of an instruction, one after the other. Mutable, one per decoder. */
final class CodeReader {
  private byte[] code = {};
  private int start;
  private int end;
  private int at;

  void begin(byte[] newCode, int newStart, int newEnd) {
    code = newCode;
    start = newStart;
    end = newEnd;
    at = newStart;
  }

  /** The next byte; 0 past the end. */
  int next() {
    int here = at++;
    return here < end ? code[here] & 0xff : 0;
  }

  /** The next byte, which stays; 0 past the end. */
  int peek() {
    return at < end ? code[at] & 0xff : 0;
  }

  /** Whether there is no next byte. */
  boolean isAtEnd() {
    return at >= end;
  }

  /** The next 1, 2, 4 or 8 bytes, zero-extended. */
  long unsigned(int size) {
    long value = 0;
    for (int i = 0; i < size; i++) {
      value |= (long) next() << 8 * i;
    }
    return value;
  }

  /** The next 1, 2, 4 or 8 bytes, sign-extended. */
  long signed(int size) {
    int shift = 64 - 8 * size;
    return unsigned(size) << shift >> shift;
  }

  /** How many bytes were read. */
  int length() {
    return at - start;
  }

  /** Whether more was read than is there. */
  boolean ranOut() {
    return at > end;
  }
}
