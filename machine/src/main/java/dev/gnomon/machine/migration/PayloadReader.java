package dev.gnomon.machine.migration;

import dev.gnomon.machine.InputException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Reads what a {@link PayloadWriter} has made. Whatever the bytes are: what cannot be read throws
 * an {@link InputException}, and nothing is allocated that is larger than the payload.
 */
final class PayloadReader {
  private final ByteBuffer bytes;
  private final FrameType type;

  PayloadReader(byte[] payload, FrameType type) {
    bytes = ByteBuffer.wrap(payload);
    this.type = type;
  }

  boolean hasMore() {
    return bytes.hasRemaining();
  }

  int getInt() {
    need(Integer.BYTES);
    return bytes.getInt();
  }

  /**
   * A count of things of which each takes some bytes of what is left.
   *
   * @throws InputException if it is negative, or there is no room for as many
   */
  int getCount(int bytesEach) {
    int count = getInt();
    if (count < 0 || count > bytes.remaining() / bytesEach) {
      throw malformed();
    }
    return count;
  }

  long getLong() {
    need(Long.BYTES);
    return bytes.getLong();
  }

  boolean getBoolean() {
    need(1);
    int value = bytes.get();
    if (value != 0 && value != 1) {
      throw malformed();
    }
    return value == 1;
  }

  String getText() {
    byte[] utf8 = new byte[getCount(1)];
    bytes.get(utf8);
    return new String(utf8, StandardCharsets.UTF_8);
  }

  void getBytes(byte[] into) {
    need(into.length);
    bytes.get(into);
  }

  long getVariable() {
    try {
      long value = 0;
      for (int shift = 0; shift < Long.SIZE; shift += 7) {
        int piece = bytes.get();
        value |= (piece & 0x7fL) << shift;
        if (piece >= 0) {
          return value;
        }
      }
    } catch (BufferUnderflowException e) {
      throw malformed();
    }
    throw malformed();
  }

  /** Says that all must have been read. */
  void end() {
    if (hasMore()) {
      throw malformed();
    }
  }

  /** That the payload is not what its frame's type says. */
  InputException malformed() {
    return new InputException("the peer sent a frame that is malformed: " + type);
  }

  private void need(int count) {
    if (bytes.remaining() < count) {
      throw malformed();
    }
  }
}
