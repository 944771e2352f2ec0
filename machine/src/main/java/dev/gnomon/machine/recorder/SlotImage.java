package dev.gnomon.machine.recorder;

import dev.gnomon.mmu.platform.PhysicalMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.LongFunction;

/**
 * A slot's memory at one moment.
 *
 * @param id the slot's number
 * @param baseGfn its first gfn
 * @param pages the bytes of those of its pages that are not all zero, by their number in the slot
 */
public record SlotImage(int id, long baseGfn, SortedMap<Long, byte[]> pages) {
  private static final byte[] ZEROS = new byte[PhysicalMemory.FRAME_SIZE];

  /**
   * Takes it.
   *
   * @param count the slot's pages
   * @param read gives the bytes of a page by its number; a fresh array each time
   */
  public static SlotImage of(int id, long baseGfn, long count, LongFunction<byte[]> read) {
    SortedMap<Long, byte[]> pages = new TreeMap<>();
    for (long page = 0; page < count; page++) {
      byte[] bytes = read.apply(page);
      if (!Arrays.equals(bytes, ZEROS)) {
        pages.put(page, bytes);
      }
    }
    return new SlotImage(id, baseGfn, pages);
  }

  /**
   * The words of eight bytes in which this memory differs from another.
   *
   * @return each one's value here, by its gpa
   */
  public SortedMap<Long, Long> wordsUnlike(SlotImage other) {
    SortedMap<Long, Long> words = new TreeMap<>();
    SortedMap<Long, byte[]> both = new TreeMap<>(pages);
    other.pages.forEach(both::putIfAbsent);
    for (Map.Entry<Long, byte[]> entry : both.entrySet()) {
      ByteBuffer here = words(pages.getOrDefault(entry.getKey(), ZEROS));
      ByteBuffer there = words(other.pages.getOrDefault(entry.getKey(), ZEROS));
      for (int at = 0; at < PhysicalMemory.FRAME_SIZE; at += Long.BYTES) {
        if (here.getLong(at) != there.getLong(at)) {
          words.put(PhysicalMemory.hpa(baseGfn + entry.getKey()) + at, here.getLong(at));
        }
      }
    }
    return words;
  }

  private static ByteBuffer words(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
