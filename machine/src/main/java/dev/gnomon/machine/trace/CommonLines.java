package dev.gnomon.machine.trace;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Reads lines of the shapes that make up a real trace, and nothing else, fast: it stops before a
 * message of Valgrind's, a digit in upper case, anything wrong, and the last few bytes of the text.
 *
 * <p>It may refuse any line, but must accept none that {@link LackeyLine} would read differently; a
 * property test compares the two.
 */
final class CommonLines {

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  /** The farthest beyond a line's start that {@link #parse} looks, a word past any digit. */
  private static final int LOOKAHEAD = LackeyLine.MAX_LENGTH + Long.BYTES;

  /** All but the first eight digits of an address; all but the first of a size. */
  private static final int MORE_ADDRESS_DIGITS = 8;

  private static final int MORE_SIZE_DIGITS = 3;

  /**
   * The four heads and their kinds, at the index {@code (first + second character) & 7}, which
   * differs for all four, so that one comparison decides.
   */
  private static final int[] HEADS = new int[8];

  private static final int[] KINDS = new int[8];

  static {
    addHead("I  ", TraceBatch.FETCH);
    addHead(" L ", TraceBatch.LOAD);
    addHead(" S ", TraceBatch.STORE);
    addHead(" M ", TraceBatch.MODIFY);
  }

  private int end;

  private static void addHead(String head, int kind) {
    int index = (head.charAt(0) + head.charAt(1)) & 7;
    HEADS[index] = head.charAt(0) << 16 | head.charAt(1) << 8 | head.charAt(2);
    KINDS[index] = kind;
  }

  /**
   * Reads lines from {@code start} on into the batch from record {@code count} on, until that holds
   * {@code limit} records or the next line is not a common one.
   *
   * @return how many records the batch holds then; each was a line
   */
  int parse(byte[] text, int start, int filled, TraceBatch batch, int count, int limit) {
    final int lastStart = filled - LOOKAHEAD;
    int line = start;
    int record = count;
    while (record < limit && line <= lastStart) {
      int head = (int) INT.get(text, line) >>> 8;
      int index = (head >> 16) + (head >> 8) & 7;
      long word = (long) LONG.get(text, line + 3);
      long notDigits = HexWord.notDigits(word);
      // Eight is nearly always right, and predicting it keeps the next line from waiting for this.
      int digits = notDigits == 0 ? 8 : HexWord.digitsBefore(notDigits);
      if (HEADS[index] != head || digits == 0) {
        break;
      }
      long address = HexWord.value(word, digits);
      int at = line + 3 + digits;
      int c = text[at++];
      if (digits == 8) {
        // The top of a stack, say, has ten.
        for (int more = 0; isHexDigit(c) && more < MORE_ADDRESS_DIGITS; more++) {
          address = address << 4 | (c <= '9' ? c - '0' : c - 'a' + 10);
          c = text[at++];
        }
      }
      if (c != ',' || !isDigit(text[at])) {
        break;
      }
      int size = text[at++] - '0';
      c = text[at++];
      for (int more = 0; isDigit(c) && more < MORE_SIZE_DIGITS; more++) {
        size = size * 10 + c - '0';
        c = text[at++];
      }
      if (c != '\n' || !isInRange(address, size)) {
        break;
      }
      batch.put(record++, address, KINDS[index], size);
      line = at;
    }
    end = line;
    return record;
  }

  /** Where the first line begins that was not read. */
  int end() {
    return end;
  }

  private static boolean isDigit(int c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isHexDigit(int c) {
    return isDigit(c) || (c >= 'a' && c <= 'f');
  }

  private static boolean isInRange(long address, int size) {
    boolean isSize = size >= 1 && size <= TraceBatch.MAX_SIZE;
    return isSize && (address | address + size - 1) >>> TraceBatch.ADDRESS_BITS == 0;
  }
}
