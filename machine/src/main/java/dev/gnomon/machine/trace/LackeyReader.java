package dev.gnomon.machine.trace;

import dev.gnomon.machine.InputException;
import java.io.IOException;

/**
 * Reads Lackey's text.
 *
 * <p>{@link CommonLines} reads what it can of the buffer; the line that it stops at is left to
 * {@link LackeyLine}, which reads it, or skips it, or says what is wrong with it. What is left at
 * the end of the buffer, a part of a line, goes to its front when more is read.
 */
final class LackeyReader implements TraceReader {

  static final int DEFAULT_BUFFER_SIZE = 1 << 18;

  /** Room for the longest record and its newline, twice: a buffer of less could not move on. */
  static final int MIN_BUFFER_SIZE = 64;

  private final String name;
  private final TraceInput input;
  private final CommonLines common = new CommonLines();
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

  /** Returns how many records the batch holds then, {@code count} of them from before. */
  private int readCommonLines(TraceBatch batch, int count, int limit) {
    int now = common.parse(buffer, position, filled, batch, count, limit);
    position = common.end();
    line += now - count;
    return now;
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
