package dev.gnomon.machine.image;

import dev.gnomon.machine.InputException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is to be placed in a guest's memory, and where it starts.
 *
 * @param name the file's, for messages
 * @param format what it is, for a report: {@code multiboot elf32}
 * @param parts what to place, in no order
 * @param entry the gpa of the first instruction
 * @param mode how it starts
 */
public record GuestImage(String name, String format, List<Part> parts, long entry, StartMode mode) {

  private static final long END_OF_32_BITS = 1L << 32;
  private static final long END_OF_REAL_MODE = 1L << 20;

  public GuestImage {
    parts = List.copyOf(parts);
    if (entry >= END_OF_32_BITS) {
      throw new InputException(
          "%s: the entry 0x%x is not below 4 GiB, and the processor starts in 32 bits"
              .formatted(name, entry));
    }
  }

  /**
   * A run of bytes of the file, and zeros after it.
   *
   * @param gpa where it goes
   * @param file the file that it is a part of
   * @param offset where it begins there
   * @param length how many bytes the file has of it
   * @param memoryBytes how many bytes it takes in memory, no fewer
   */
  public record Part(long gpa, byte[] file, int offset, int length, long memoryBytes) {
    /** The first gpa after it. */
    public long end() {
      return gpa + memoryBytes;
    }
  }

  /**
   * Reads an image that says itself how it wants to be loaded: a multiboot header, or an ELF file.
   *
   * @throws InputException if it is neither, or broken
   */
  public static GuestImage read(String name, byte[] file) {
    if (file.length == 0) {
      throw new InputException(name + ": the image is empty");
    }
    MultibootHeader header = MultibootHeader.find(name, file);
    if (header != null && header.hasAddresses()) {
      return header.image(name, file);
    }
    ElfFile elf = ElfFile.read(name, file);
    if (elf != null) {
      return new GuestImage(
          name,
          (header == null ? "" : "multiboot ") + elf.format(),
          elf.parts(),
          elf.entry(),
          header == null ? StartMode.FLAT32 : StartMode.MULTIBOOT);
    }
    if (header != null) {
      throw new InputException(
          name + ": the multiboot header gives no addresses, and this is no ELF file");
    }
    throw new InputException(
        name + ": neither a multiboot image nor an ELF file; --load says where a flat binary goes");
  }

  /**
   * A flat binary.
   *
   * @param gpa where it goes
   * @param entry the gpa of its first instruction, or null: its first byte
   * @throws InputException if it is empty, or cannot start there in real mode
   */
  public static GuestImage flat(
      String name, byte[] file, long gpa, @Nullable Long entry, StartMode mode) {
    if (file.length == 0) {
      throw new InputException(name + ": the image is empty");
    }
    long start = entry == null ? gpa : entry;
    if (mode == StartMode.REAL && start >= END_OF_REAL_MODE) {
      throw new InputException(
          "%s: real mode does not reach the entry 0x%x".formatted(name, start));
    }
    Part all = new Part(gpa, file, 0, file.length, file.length);
    return new GuestImage(name, "flat", List.of(all), start, mode);
  }

  /** The first gpa after all of it. */
  public long end() {
    return parts.stream().mapToLong(Part::end).max().orElse(0);
  }

  /** Whether any of it lies in a range. */
  boolean overlaps(long first, long end) {
    return parts.stream().anyMatch(part -> part.gpa() < end && first < part.end());
  }
}
