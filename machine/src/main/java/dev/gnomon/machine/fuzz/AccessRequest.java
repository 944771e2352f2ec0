package dev.gnomon.machine.fuzz;

import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.arch.Privilege;
import dev.gnomon.mmu.platform.PhysicalMemory;

/**
 * An access that a guest makes. It is done in pieces, each of an aligned power of two, and is in
 * two parts if it crosses pages.
 *
 * @param kind read, write, or fetch
 * @param who with whose rights
 * @param isImplicit whether the processor makes it for itself
 * @param gva where
 * @param size how many bytes, 1 to 8
 * @param value what is written
 */
record AccessRequest(
    AccessKind kind, Privilege who, boolean isImplicit, long gva, int size, long value) {
  private static final long OFFSET = PhysicalMemory.FRAME_SIZE - 1;

  boolean isWrite() {
    return kind == AccessKind.WRITE;
  }

  /** How many bytes lie in the first page. */
  int firstPart() {
    return (int) Math.min(size, PhysicalMemory.FRAME_SIZE - (gva & OFFSET));
  }

  boolean isCrossing() {
    return firstPart() < size;
  }

  /** Whether it is one piece. */
  boolean isWhole() {
    return Integer.bitCount(size) == 1 && (gva & size - 1) == 0;
  }

  /** Of the piece that begins so many bytes on: how many it has. */
  int piece(int done) {
    long aligned = Long.lowestOneBit(gva + done | 8);
    return (int) Math.min(aligned, Integer.highestOneBit(size - done));
  }

  /** A byte of what is written. */
  long valueByte(int at) {
    return value >>> 8 * at & 0xff;
  }

  String text() {
    return "%s %s of %d bytes at %x".formatted(who, kind, size, gva);
  }
}
