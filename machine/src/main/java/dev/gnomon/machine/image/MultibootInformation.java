package dev.gnomon.machine.image;

import dev.gnomon.machine.GuestMemoryMap;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Writes what a multiboot loader tells an image (Multiboot Specification 0.6.96, 3.3): command
 * line, memory, memory map, modules. Made for one gpa, since it points into itself.
 */
final class MultibootInformation {
  /** Where the lower memory ends that is the image's; above lies the BIOS's data area. */
  static final long LOWER_END = 0x9_fc00;

  static final long UPPER = 0x10_0000;

  private static final long KIB = 1024;
  private static final long VIDEO_MEMORY = 0xa_0000;
  private static final long FIRMWARE = 0xf_0000;
  private static final long FLASH = 0xfffc_0000L;
  private static final String LOADER_NAME = "gnomon";

  // Flags: which fields are valid.
  private static final int HAS_MEMORY = 1;
  private static final int HAS_COMMAND_LINE = 1 << 2;
  private static final int HAS_MODULES = 1 << 3;
  private static final int HAS_MEMORY_MAP = 1 << 6;
  private static final int HAS_LOADER_NAME = 1 << 9;

  private static final int SIZE = 120;
  private static final int MODULE_SIZE = 16;
  private static final int REGION_SIZE = 24;
  private static final int MOST_REGIONS = 6;
  private static final int AVAILABLE = 1;
  private static final int RESERVED = 2;

  private final long gpa;
  private final ByteBuffer bytes;

  /** Where the next thing of varying size goes. */
  private int next = SIZE;

  private MultibootInformation(long gpa, int size) {
    this.gpa = gpa;
    bytes = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** A module's place in memory. */
  record Place(long gpa, BootModule module) {
    long end() {
      return gpa + module.content().length;
    }
  }

  /** How many bytes it takes. */
  static int size(String commandLine, List<BootModule> modules) {
    int texts = length(commandLine) + length(LOADER_NAME);
    for (BootModule module : modules) {
      texts += length(module.text()) + MODULE_SIZE;
    }
    return SIZE + MOST_REGIONS * REGION_SIZE + texts;
  }

  private static int length(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length + 1;
  }

  /** The bytes, to be placed at {@code gpa}. */
  static byte[] make(long gpa, String commandLine, List<Place> modules, GuestMemoryMap memory) {
    MultibootInformation made =
        new MultibootInformation(
            gpa, size(commandLine, modules.stream().map(Place::module).toList()));
    made.write(commandLine, modules, memory);
    return made.bytes.array();
  }

  private void write(String commandLine, List<Place> modules, GuestMemoryMap memory) {
    int flags = HAS_MEMORY | HAS_COMMAND_LINE | HAS_MEMORY_MAP | HAS_LOADER_NAME;
    bytes.putInt(0, modules.isEmpty() ? flags : flags | HAS_MODULES);
    bytes.putInt(4, (int) (LOWER_END / KIB));
    bytes.putInt(8, (int) (Math.max(memory.lowBytes() - UPPER, 0) / KIB));
    memoryMap(memory);
    modules(modules);
    bytes.putInt(16, text(commandLine));
    bytes.putInt(64, text(LOADER_NAME));
  }

  private void memoryMap(GuestMemoryMap memory) {
    bytes.putInt(48, (int) (gpa + next));
    int first = next;
    region(0, LOWER_END, AVAILABLE);
    region(LOWER_END, VIDEO_MEMORY, RESERVED);
    region(FIRMWARE, UPPER, RESERVED);
    region(UPPER, memory.lowBytes(), AVAILABLE);
    region(FLASH, GuestMemoryMap.HIGH, RESERVED);
    if (memory.highBytes() > 0) {
      region(GuestMemoryMap.HIGH, memory.endGpa(), AVAILABLE);
    }
    bytes.putInt(44, next - first);
  }

  private void region(long start, long end, int type) {
    // The size does not count itself.
    bytes.putInt(next, REGION_SIZE - Integer.BYTES);
    bytes.putLong(next + 4, start);
    bytes.putLong(next + 12, end - start);
    bytes.putInt(next + 20, type);
    next += REGION_SIZE;
  }

  private void modules(List<Place> modules) {
    int table = next;
    next += modules.size() * MODULE_SIZE;
    bytes.putInt(20, modules.size());
    bytes.putInt(24, modules.isEmpty() ? 0 : (int) (gpa + table));
    for (int i = 0; i < modules.size(); i++) {
      Place place = modules.get(i);
      int at = table + i * MODULE_SIZE;
      bytes.putInt(at, (int) place.gpa());
      bytes.putInt(at + 4, (int) place.end());
      bytes.putInt(at + 8, text(place.module().text()));
    }
  }

  /** Puts a string; returns its gpa. */
  private int text(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    int at = next;
    bytes.put(at, utf8);
    next += utf8.length + 1;
    return (int) (gpa + at);
  }
}
