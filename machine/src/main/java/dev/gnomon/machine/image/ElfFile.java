package dev.gnomon.machine.image;

import dev.gnomon.machine.InputException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An executable ELF file for x86 (System V ABI, chapter 4 and 5), of 32 or 64 bits: what its
 * program headers say is to be loaded, at physical addresses.
 *
 * @param format {@code elf32} or {@code elf64}
 * @param parts what is loaded
 * @param entry where it starts, as a physical address
 */
record ElfFile(String format, List<GuestImage.Part> parts, long entry) {
  private static final long MAGIC = 0x464c_457fL;
  private static final int CLASS = 4;
  private static final int ENDIANNESS = 5;
  private static final int CLASS_32 = 1;
  private static final int CLASS_64 = 2;
  private static final int LITTLE_ENDIAN = 1;
  private static final int TYPE = 16;
  private static final int MACHINE = 18;
  private static final int EXECUTABLE = 2;
  private static final int SHARED = 3;
  private static final int I386 = 3;
  private static final int X86_64 = 62;
  private static final int LOAD = 1;

  /** Where fields lie in files of one class. */
  private record Layout(
      int entry,
      int headers,
      int headerSize,
      int headerCount,
      int offset,
      int virtual,
      int physical,
      int fileSize,
      int memorySize) {
    static final Layout OF_32 = new Layout(24, 28, 42, 44, 4, 8, 12, 16, 20);
    static final Layout OF_64 = new Layout(24, 32, 54, 56, 8, 16, 24, 32, 40);
  }

  /**
   * Reads one; null if this is no ELF file.
   *
   * @throws InputException if it is not for this machine, or broken
   */
  static @Nullable ElfFile read(String name, byte[] file) {
    FileBytes bytes = new FileBytes(name, file);
    if (file.length < Integer.BYTES || bytes.u32(0) != MAGIC) {
      return null;
    }
    int fileClass = bytes.u8(CLASS);
    int type = bytes.u16(TYPE);
    int machine = bytes.u16(MACHINE);
    if (fileClass != CLASS_32 && fileClass != CLASS_64
        || bytes.u8(ENDIANNESS) != LITTLE_ENDIAN
        || machine != I386 && machine != X86_64) {
      throw new InputException(name + ": an ELF file, but not for x86");
    }
    if (type != EXECUTABLE && type != SHARED) {
      throw new InputException(name + ": an ELF file, but not an executable: link it first");
    }
    return new Reader(name, file, bytes, fileClass == CLASS_64).read();
  }

  /** Reads the rest. */
  private static final class Reader {
    private final String name;
    private final byte[] file;
    private final FileBytes bytes;
    private final boolean is64;
    private final Layout layout;
    private final List<GuestImage.Part> parts = new ArrayList<>();
    private long entry;
    private boolean isEntryFound;

    Reader(String name, byte[] file, FileBytes bytes, boolean is64) {
      this.name = name;
      this.file = file;
      this.bytes = bytes;
      this.is64 = is64;
      layout = is64 ? Layout.OF_64 : Layout.OF_32;
    }

    private long word(long offset) {
      return is64 ? bytes.u63(offset) : bytes.u32(offset);
    }

    ElfFile read() {
      entry = word(layout.entry);
      long headers = word(layout.headers);
      int headerSize = bytes.u16(layout.headerSize);
      for (int i = 0; i < bytes.u16(layout.headerCount); i++) {
        long header = headers + (long) i * headerSize;
        if (bytes.u32(header) == LOAD && word(header + layout.memorySize) > 0) {
          load(header);
        }
      }
      if (parts.isEmpty()) {
        throw new InputException(name + ": the ELF file has nothing to load");
      }
      return new ElfFile(is64 ? "elf64" : "elf32", parts, entry);
    }

    private void load(long header) {
      long virtual = word(header + layout.virtual);
      long physical = word(header + layout.physical);
      long fileSize = word(header + layout.fileSize);
      long memorySize = word(header + layout.memorySize);
      if (memorySize < fileSize) {
        throw new InputException(
            "%s: a segment has %d bytes in the file and only %d in memory"
                .formatted(name, fileSize, memorySize));
      }
      int offset = bytes.checked(word(header + layout.offset), fileSize);
      parts.add(new GuestImage.Part(physical, file, offset, (int) fileSize, memorySize));
      long intoSegment = word(layout.entry) - virtual;
      if (!isEntryFound && intoSegment >= 0 && intoSegment < memorySize) {
        // The entry is a virtual address; paging is off.
        entry = physical + intoSegment;
        isEntryFound = true;
      }
    }
  }
}
