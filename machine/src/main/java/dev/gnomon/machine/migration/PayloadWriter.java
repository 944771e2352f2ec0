package dev.gnomon.machine.migration;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Makes a frame's payload: numbers big-endian, text as UTF-8 after its length. Grows; used again.
 */
final class PayloadWriter {
  private byte[] bytes = new byte[256];
  private int size;

  /** Begins a new payload. */
  void clear() {
    size = 0;
  }

  int size() {
    return size;
  }

  /** The payload's bytes, those below {@link #size}; until the next write. */
  byte[] array() {
    return bytes;
  }

  byte[] toByteArray() {
    return Arrays.copyOf(bytes, size);
  }

  PayloadWriter put(int value) {
    return number(value, Integer.BYTES);
  }

  PayloadWriter put(long value) {
    return number(value, Long.BYTES);
  }

  PayloadWriter put(boolean value) {
    return number(value ? 1 : 0, 1);
  }

  PayloadWriter put(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    return put(utf8.length).put(utf8);
  }

  PayloadWriter put(byte[] content) {
    ensure(content.length);
    System.arraycopy(content, 0, bytes, size, content.length);
    size += content.length;
    return this;
  }

  /** Seven bits a byte, the lowest first; small values take few bytes. */
  PayloadWriter putVariable(long value) {
    ensure(10);
    long left = value;
    while ((left & ~0x7fL) != 0) {
      bytes[size++] = (byte) (left & 0x7f | 0x80);
      left >>>= 7;
    }
    bytes[size++] = (byte) left;
    return this;
  }

  private PayloadWriter number(long value, int width) {
    ensure(width);
    for (int shift = 8 * (width - 1); shift >= 0; shift -= 8) {
      bytes[size++] = (byte) (value >>> shift);
    }
    return this;
  }

  private void ensure(int more) {
    if (bytes.length - size < more) {
      bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, size + more));
    }
  }
}
