package dev.gnomon.machine.image;

import dev.gnomon.machine.InputException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Little-endian numbers in a file, none of which lies beyond its end. */
final class FileBytes {
  private final String name;
  private final ByteBuffer bytes;

  FileBytes(String name, byte[] file) {
    this.name = name;
    bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
  }

  int length() {
    return bytes.capacity();
  }

  int u8(long offset) {
    return bytes.get(checked(offset, Byte.BYTES)) & 0xff;
  }

  int u16(long offset) {
    return bytes.getShort(checked(offset, Short.BYTES)) & 0xffff;
  }

  long u32(long offset) {
    return bytes.getInt(checked(offset, Integer.BYTES)) & 0xffff_ffffL;
  }

  /** Bit 63 is of no use in a file. */
  long u63(long offset) {
    return bytes.getLong(checked(offset, Long.BYTES)) & Long.MAX_VALUE;
  }

  /** Returns {@code offset} if so many bytes are there. */
  int checked(long offset, long count) {
    if (offset < 0 || count < 0 || offset > length() || count > length() - offset) {
      throw new InputException(
          "%s: it ends at byte %d, before the %d bytes at 0x%x that it says it has"
              .formatted(name, length(), count, offset));
    }
    return (int) offset;
  }
}
