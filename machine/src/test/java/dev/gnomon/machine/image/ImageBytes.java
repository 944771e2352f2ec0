package dev.gnomon.machine.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Small images, made by hand. */
final class ImageBytes {
  private static final int MULTIBOOT_MAGIC = 0x1bad_b002;

  private ImageBytes() {}

  private static ByteBuffer buffer(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** An ELF32 file with one segment: 16 bytes of 0x90 at file offset 0x100. */
  static ByteBuffer elf32(int virtual, int physical, int entry) {
    ByteBuffer file = buffer(0x110);
    file.putInt(0, 0x464c_457f).put(4, (byte) 1).put(5, (byte) 1).put(6, (byte) 1);
    file.putShort(16, (short) 2).putShort(18, (short) 3).putInt(20, 1);
    file.putInt(24, entry).putInt(28, 52);
    file.putShort(42, (short) 32).putShort(44, (short) 1);
    file.putInt(52, 1).putInt(56, 0x100).putInt(60, virtual).putInt(64, physical);
    file.putInt(68, 16).putInt(72, 0x2000);
    code(file, 0x100);
    return file;
  }

  /** The same as an ELF64 file. */
  static ByteBuffer elf64(long virtual, long physical, long entry) {
    ByteBuffer file = buffer(0x110);
    file.putInt(0, 0x464c_457f).put(4, (byte) 2).put(5, (byte) 1).put(6, (byte) 1);
    file.putShort(16, (short) 2).putShort(18, (short) 62).putInt(20, 1);
    file.putLong(24, entry).putLong(32, 64);
    file.putShort(54, (short) 56).putShort(56, (short) 1);
    file.putInt(64, 1).putLong(72, 0x100).putLong(80, virtual).putLong(88, physical);
    file.putLong(96, 16).putLong(104, 0x2000);
    code(file, 0x100);
    return file;
  }

  private static void code(ByteBuffer file, int at) {
    for (int i = 0; i < 16; i++) {
      file.put(at + i, (byte) 0x90);
    }
  }

  /** Puts a multiboot header without addresses at an offset. */
  static ByteBuffer withHeader(ByteBuffer file, int at, int flags) {
    return file.putInt(at, MULTIBOOT_MAGIC)
        .putInt(at + 4, flags)
        .putInt(at + 8, -MULTIBOOT_MAGIC - flags);
  }

  /** A flat file that is loaded by its header, from byte 16 on, at 1 MiB. */
  static ByteBuffer flat() {
    ByteBuffer file = withHeader(buffer(0x100), 0x20, 1 << 16);
    file.putInt(0x2c, 0x10_0010).putInt(0x30, 0x10_0000).putInt(0x34, 0x10_0080);
    file.putInt(0x38, 0x10_0400).putInt(0x3c, 0x10_0050);
    return file;
  }
}
