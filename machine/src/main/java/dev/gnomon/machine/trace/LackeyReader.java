package dev.gnomon.machine.trace;

import dev.gnomon.machine.InputException;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Reads Lackey's text.
 *
 * <p>There are two parsers. {@link #readCommonLines} reads lines of the shapes that make up a real
 * trace, eight digits at a time, and stops before anything else: a message, a digit in upper case,
 * an error, or the last few bytes of the buffer. {@link LackeyLine} then reads that one line or
 * says what is wrong with it. The first may refuse any line but must accept none that the second
 * would read differently; a property test compares the two.
 *
 * <p>Of eight characters at once ("SIMD within a register"): bytes below 0x80 can be compared with
 * a constant c by adding 0x80 - c to each, which carries into the byte's own top bit exactly if it
 * is c or more, and never into its neighbour.
 */
final class LackeyReader implements TraceReader {

  static final int DEFAULT_BUFFER_SIZE = 1 << 18;

  /** Room for the longest record and its newline, twice: a buffer of less could not move on. */
  static final int MIN_BUFFER_SIZE = 64;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  /** The farthest beyond a line's start that {@link #readCommonLines} looks. */
  private static final int LOOKAHEAD = LackeyLine.MAX_LENGTH + 8;

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

  private static final long EACH = 0x0101010101010101L;
  private static final long TOP = EACH << 7;

  private final String name;
  private final TraceInput input;
  private final LackeyLine unusual;
  private final byte[] buffer;

  private int position;
  private int filled;
  private boolean isAtEnd;
  private long line;
  private boolean hasRecords;

  LackeyReader(String name, TraceInput input, int bufferSize) {
    this.name = name;
    this.input = input;
    this.unusual = new LackeyLine(name);
    this.buffer = new byte[bufferSize];
  }

  private static void addHead(String head, int kind) {
    int index = (head.charAt(0) + head.charAt(1)) & 7;
    HEADS[index] = head.charAt(0) << 16 | head.charAt(1) << 8 | head.charAt(2);
    KINDS[index] = kind;
  }

  @Override
  public int read(TraceBatch batch, int limit) {
    int count = 0;
    while (count < limit) {
      count = readCommonLines(batch, count, limit);
      if (count == limit) {
        break;
      }
      int newline = findNewline();
      if (newline >= 0) {
        count += readUnusualLine(batch, count, newline, false);
        position = newline + 1;
      } else if (!refill()) {
        if (position < filled) {
          count += readUnusualLine(batch, count, filled, true);
          position = filled;
        }
        break;
      }
    }
    hasRecords |= count > 0;
    if (!hasRecords) {
      throw new InputException(name + ": the trace is empty: it holds no access to memory");
    }
    batch.setCount(count);
    return count;
  }

  /**
   * Reads lines into the batch from {@code count} on until it holds {@code limit} records or the
   * next line is not a common one.
   *
   * @return how many the batch holds then
   */
  private int readCommonLines(TraceBatch batch, int count, int limit) {
    final byte[] bytes = buffer;
    final int lastStart = filled - LOOKAHEAD;
    int at = position;
    int i = count;
    while (i < limit && at <= lastStart) {
      int head = (int) INT.get(bytes, at) >>> 8;
      int index = ((head >> 16) + (head >> 8)) & 7;
      if (HEADS[index] != head) {
        break;
      }
      long word = (long) LONG.get(bytes, at + 3);
      long letters = word + EACH * (0x80 - 'a');
      long isHex =
          (word + EACH * (0x80 - '0'))
              ^ (word + EACH * (0x80 - '9' - 1))
              ^ letters
              ^ (word + EACH * (0x80 - 'f' - 1));
      long notHex = (~isHex | word) & TOP;
      // Each byte's value: its low four bits, and nine more if it is a letter.
      long digits = (word & EACH * 0xf) + ((letters & TOP) >>> 7) * 9;
      int length = 8;
      if (notHex != 0) {
        // A byte of 0x80 or more may disturb those before it in memory order, never pass as hex.
        length = Long.numberOfLeadingZeros(notHex) >>> 3;
        if (length == 0 || (word & TOP) != 0) {
          break;
        }
        digits >>>= 64 - 8 * length;
      }
      digits = (digits | digits >>> 4) & 0x00ff00ff00ff00ffL;
      digits = (digits | digits >>> 8) & 0x0000ffff0000ffffL;
      long address = (digits | digits >>> 16) & 0xffffffffL;
      int next = at + 3 + length;
      int c = bytes[next++];
      // What may follow the first eight digits: the top of a stack, say, has ten.
      for (int more = 0; c != ',' && length == 8 && more < 8; more++) {
        int digit = c <= '9' ? c - '0' : c - 'a' + 10;
        if ((digit & ~0xf) != 0 || (c > '9' && c < 'a')) {
          break;
        }
        address = address << 4 | digit;
        c = bytes[next++];
      }
      if (c != ',') {
        break;
      }
      int size = bytes[next++] - '0';
      c = bytes[next++];
      if ((size & ~0xf) != 0 || size > 9) {
        break;
      }
      for (int more = 0; c != '\n' && c >= '0' && c <= '9' && more < 3; more++) {
        size = size * 10 + c - '0';
        c = bytes[next++];
      }
      if (c != '\n' || size - 1 >>> 12 != 0 || (address | address + size - 1) >>> 57 != 0) {
        break;
      }
      batch.put(i++, address, KINDS[index], size);
      at = next;
    }
    position = at;
    line += i - count;
    return i;
  }

  /** Reads the line that ends at {@code end}; returns how many records that was, 0 or 1. */
  private int readUnusualLine(TraceBatch batch, int count, int end, boolean isLastAndUnended) {
    line++;
    if (!unusual.parse(buffer, position, end, isLastAndUnended, line)) {
      return 0;
    }
    batch.put(count, unusual.address(), unusual.kind(), unusual.size());
    return 1;
  }

  /** The index of the next newline in the buffer, or -1. */
  private int findNewline() {
    for (int i = position; i < filled; i++) {
      if (buffer[i] == '\n') {
        return i;
      }
    }
    return -1;
  }

  /**
   * Moves what is unread, a part of a line, to the front and reads more after it.
   *
   * @return false if there is no more
   */
  private boolean refill() {
    if (isAtEnd) {
      return false;
    }
    int unread = filled - position;
    if (unread == buffer.length) {
      unread = shortenEndlessLine();
    }
    System.arraycopy(buffer, position, buffer, 0, unread);
    position = 0;
    filled = unread;
    int read = readInput(unread);
    isAtEnd = read < 0;
    filled += Math.max(read, 0);
    return !isAtEnd;
  }

  /**
   * A line fills the buffer. If it is a message (a command with long arguments), only its beginning
   * matters; if not, no record is that long, and reading it says what is wrong.
   */
  private int shortenEndlessLine() {
    if (LackeyLine.isMessage(buffer, position, filled)) {
      return 2;
    }
    unusual.parse(buffer, position, filled, false, line + 1);
    throw new AssertionError("a record longer than " + buffer.length + " characters");
  }

  private int readInput(int offset) {
    try {
      return input.text().read(buffer, offset, buffer.length - offset);
    } catch (IOException e) {
      throw new InputException(input.explain(name, e, line), e);
    }
  }

  @Override
  public long line() {
    return line;
  }

  @Override
  public long bytesRead() {
    return input.bytesRead();
  }

  @Override
  public long sizeInBytes() {
    return input.sizeInBytes();
  }

  @Override
  public void close() {
    input.close();
  }
}
