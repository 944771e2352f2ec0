package dev.gnomon.machine.image;

import dev.gnomon.machine.InputException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an image asks of a multiboot loader (Multiboot Specification 0.6.96, 3.1).
 *
 * @param offset where it lies in the file
 * @param flags which fields there are, and what is required
 * @param bytes the file
 */
record MultibootHeader(int offset, long flags, FileBytes bytes) {
  private static final long MAGIC = 0x1bad_b002L;

  /** The header lies within so many bytes, aligned to 4. */
  private static final int SEARCHED = 8192;

  private static final int FIXED_SIZE = 12;
  private static final long HAS_ADDRESSES = 1L << 16;

  /** Alignment of modules, memory information, video mode: what the loader must know. */
  private static final long KNOWN = 0x7;

  private static final long REQUIRED = 0xffff;

  // Fields that are there if the header has addresses.
  private static final int HEADER_ADDRESS = 12;
  private static final int LOAD_ADDRESS = 16;
  private static final int LOAD_END = 20;
  private static final int BSS_END = 24;
  private static final int ENTRY = 28;

  /**
   * Finds the header; null if there is none.
   *
   * @throws InputException if it requires what this loader does not know
   */
  static @Nullable MultibootHeader find(String name, byte[] file) {
    FileBytes bytes = new FileBytes(name, file);
    for (int at = 0; at + FIXED_SIZE <= Math.min(file.length, SEARCHED); at += Integer.BYTES) {
      if (bytes.u32(at) == MAGIC) {
        long flags = bytes.u32(at + 4);
        if ((int) (MAGIC + flags + bytes.u32(at + 8)) == 0) {
          return checked(name, new MultibootHeader(at, flags, bytes));
        }
      }
    }
    return null;
  }

  private static MultibootHeader checked(String name, MultibootHeader header) {
    long unknown = header.flags & REQUIRED & ~KNOWN;
    if (unknown != 0) {
      throw new InputException(
          "%s: the multiboot header requires what this loader does not know (flags 0x%x)"
              .formatted(name, unknown));
    }
    return header;
  }

  /** Whether it says itself where the image goes, whatever the file's format is. */
  boolean hasAddresses() {
    return (flags & HAS_ADDRESSES) != 0;
  }

  /** The image, by the header's addresses. */
  GuestImage image(String name, byte[] file) {
    long load = bytes.u32(offset + LOAD_ADDRESS);
    long loadEnd = bytes.u32(offset + LOAD_END);
    long bssEnd = bytes.u32(offset + BSS_END);
    long start = offset - (bytes.u32(offset + HEADER_ADDRESS) - load);
    long length = loadEnd == 0 ? file.length - start : loadEnd - load;
    if (start < 0 || length <= 0) {
      throw new InputException(
          "%s: the multiboot header's addresses do not fit the file: it would start at byte %d and"
                  .formatted(name, start)
              + " have %d bytes".formatted(length));
    }
    int from = bytes.checked(start, length);
    long memoryBytes = Math.max(length, bssEnd == 0 ? 0 : bssEnd - load);
    return new GuestImage(
        name,
        "multiboot flat",
        List.of(new GuestImage.Part(load, file, from, (int) length, memoryBytes)),
        bytes.u32(offset + ENTRY),
        StartMode.MULTIBOOT);
  }
}
