package dev.gnomon.machine.x86;

import dev.gnomon.mmu.platform.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/**
 * A run of instructions without a branch in between, decoded, and what they were decoded from.
 *
 * <p>A block is good for the address, the RIP and the size of code that it was made for, and for
 * the bytes that it was made of. That is looked at each time before it is executed: the address was
 * just translated, and a few aligned words are compared. So nobody has to tell the cache that code
 * has changed: not a store of this vCPU's or another's, not the host when it brings back a page
 * with other contents, not the guest when it maps another page there.
 *
 * <p>This is the seam for translation: what replaces {@link #operations} by something faster needs
 * to keep the rest as it is.
 */
final class Block {
  final long hpa;
  final long rip;
  final int codeSize;

  /** Bytes of code. */
  final int length;

  final Operation[] operations;

  /** By instruction: how many bytes of the block lie before it, and last the length of all. */
  final short[] offsets;

  /** A bit for each instruction that is one with which operating systems edit page tables. */
  final long tableEdits;

  /** The aligned words that the bytes lie in, with the bytes that do not count cleared. */
  private final long[] words;

  private final long firstMask;
  private final long lastMask;

  /** The next in the cache's chain. */
  @Nullable Block next;

  /**
   * Makes a block.
   *
   * @param bytes those of its page from {@code hpa} on, of which {@code offsets} says how many
   *     count
   */
  Block(
      long hpa,
      long rip,
      int codeSize,
      Operation[] operations,
      short[] offsets,
      long tableEdits,
      byte[] bytes) {
    this.tableEdits = tableEdits;
    this.hpa = hpa;
    this.rip = rip;
    this.codeSize = codeSize;
    this.operations = operations;
    this.offsets = offsets;
    length = offsets[operations.length];
    int before = (int) hpa & 7;
    int count = before + length + 7 >>> 3;
    words = new long[count];
    for (int i = 0; i < length; i++) {
      int at = before + i;
      words[at >>> 3] |= (bytes[i] & 0xffL) << 8 * (at & 7);
    }
    int after = 8 * count - before - length;
    long last = -1L >>> 8 * after;
    firstMask = -1L << 8 * before & (count == 1 ? last : -1L);
    lastMask = count == 1 ? firstMask : last;
  }

  /** Whether it is made for this. */
  boolean isFor(long wantedHpa, long wantedRip, int wantedCodeSize) {
    return hpa == wantedHpa && rip == wantedRip && codeSize == wantedCodeSize;
  }

  /** Whether memory still holds what it was made of. */
  boolean isCurrent(PhysicalMemory memory) {
    long[] expected = words;
    long at = hpa & -8L;
    int last = expected.length - 1;
    long difference = (memory.getLong(at) ^ expected[0]) & firstMask;
    for (int i = 1; i < last; i++) {
      difference |= memory.getLong(at + 8L * i) ^ expected[i];
    }
    difference |= (memory.getLong(at + 8L * last) ^ expected[last]) & lastMask;
    return difference == 0;
  }
}
