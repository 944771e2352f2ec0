package dev.gnomon.machine.trace;

import java.nio.charset.StandardCharsets;

/**
 * The whole grammar of a line, written to be read and to explain what is wrong:
 *
 * <pre>
 *   line    = ""                        skipped
 *           | ("==" | "--") anything    skipped: Valgrind's own words
 *           | head address "," size
 *   head    = "I  " | " L " | " S " | " M "
 *   address = 1 to 16 hexadecimal digits
 *   size    = 1 to 4 decimal digits, of value 1 to 4096
 * </pre>
 *
 * The access lies wholly below 2^57. {@link LackeyReader} reads the common shapes by itself and
 * leaves every other line to this class, so what this class says is the law.
 */
final class LackeyLine {

  /** No valid record is longer: head, address, comma and size. */
  static final int MAX_LENGTH = 3 + 16 + 1 + 4;

  private static final int HEAD_LENGTH = 3;
  private static final int MAX_ADDRESS_DIGITS = 16;
  private static final int MAX_SIZE_DIGITS = 4;
  private static final int MAX_QUOTED = 24;

  private final String name;

  private byte[] text = new byte[0];
  private int end;
  private boolean isCutOff;
  private long line;

  private long address;
  private int kind;
  private int size;

  LackeyLine(String name) {
    this.name = name;
  }

  /** Whether a line that begins at {@code start} is one of Valgrind's own messages. */
  static boolean isMessage(byte[] text, int start, int end) {
    return end - start >= 2
        && text[start] == text[start + 1]
        && (text[start] == '=' || text[start] == '-');
  }

  /**
   * Reads the line that is {@code text[start, end)}.
   *
   * @param isLastAndUnended whether the input ends with this line and without a newline, so that
   *     what is missing in it was cut off
   * @param line its number, for messages
   * @return whether it is a record, whose parts the accessors then tell; if not, it is to be
   *     skipped
   * @throws TraceFormatException if it is malformed
   */
  boolean parse(byte[] text, int start, int end, boolean isLastAndUnended, long line) {
    if (start == end || isMessage(text, start, end)) {
      return false;
    }
    this.text = text;
    this.end = end;
    this.isCutOff = isLastAndUnended;
    this.line = line;
    kind = parseHead(start);
    int afterAddress = parseAddress(start + HEAD_LENGTH);
    if (afterAddress == end || text[afterAddress] != ',') {
      throw expected("',' and a size after the address", start, afterAddress);
    }
    int afterSize = parseSize(start, afterAddress + 1);
    if (afterSize != end) {
      throw expected("the end of the line after the size", start, afterSize);
    }
    if (address >>> TraceBatch.ADDRESS_BITS != 0 || address + size > TraceBatch.ADDRESS_LIMIT) {
      throw malformed(
          "expected an access within 57 bits of address, found "
              + quoted(start + HEAD_LENGTH, afterSize));
    }
    return true;
  }

  long address() {
    return address;
  }

  int kind() {
    return kind;
  }

  int size() {
    return size;
  }

  private int parseHead(int start) {
    int length = Math.min(HEAD_LENGTH, end - start);
    String head = new String(text, start, length, StandardCharsets.ISO_8859_1);
    switch (head) {
      case "I  ":
        return TraceBatch.FETCH;
      case " L ":
        return TraceBatch.LOAD;
      case " S ":
        return TraceBatch.STORE;
      case " M ":
        return TraceBatch.MODIFY;
      default:
        boolean couldGoOn = "I  ".startsWith(head) || " L S M ".contains(head);
        throw expected(
            "'I  ', ' L ', ' S ' or ' M ' at the start of the line",
            start,
            couldGoOn && length < HEAD_LENGTH ? end : start);
    }
  }

  private int parseAddress(int start) {
    int at = start;
    address = 0;
    for (; at < end; at++) {
      int digit = Character.digit(text[at], 16);
      if (digit < 0) {
        break;
      }
      if (at - start == MAX_ADDRESS_DIGITS) {
        throw malformed(
            "expected an address of at most 16 hexadecimal digits, found " + quoted(start, end));
      }
      address = address << 4 | digit;
    }
    if (at == start) {
      String head = new String(text, start - HEAD_LENGTH, HEAD_LENGTH, StandardCharsets.US_ASCII);
      throw expected("an address in hexadecimal after '" + head + "'", start - HEAD_LENGTH, start);
    }
    return at;
  }

  private int parseSize(int lineStart, int start) {
    int at = start;
    size = 0;
    for (; at < end && at - start <= MAX_SIZE_DIGITS; at++) {
      int digit = Character.digit(text[at], 10);
      if (digit < 0) {
        break;
      }
      size = size * 10 + digit;
    }
    if (at == start) {
      throw expected("a size in decimal after ','", lineStart, start);
    }
    if (at - start > MAX_SIZE_DIGITS || size < 1 || size > TraceBatch.MAX_SIZE) {
      throw malformed("expected a size of 1 to 4096 bytes, found " + quoted(start, end));
    }
    return at;
  }

  /** Something else stands at {@code at}, or nothing, because the line ends there. */
  private TraceFormatException expected(String what, int lineStart, int at) {
    if (at < end) {
      return malformed("expected " + what + ", found " + quoted(at, end));
    }
    if (isCutOff) {
      return malformed("the trace is cut off in the middle of " + quoted(lineStart, end));
    }
    return malformed("expected " + what + ", found the end of the line");
  }

  private TraceFormatException malformed(String problem) {
    return new TraceFormatException(name, line, problem);
  }

  /** The text between quotes, shortened, and safe to show on a terminal whatever it is. */
  private String quoted(int from, int to) {
    StringBuilder quoted = new StringBuilder("'");
    int shown = Math.min(to, from + MAX_QUOTED);
    for (int i = from; i < shown; i++) {
      if (text[i] >= ' ' && text[i] < 0x7f) {
        quoted.append((char) text[i]);
      } else {
        quoted.append(String.format("\\x%02x", text[i]));
      }
    }
    return quoted.append(shown < to ? "...'" : "'").toString();
  }
}
