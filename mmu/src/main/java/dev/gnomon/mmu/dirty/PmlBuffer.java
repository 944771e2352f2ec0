package dev.gnomon.mmu.dirty;

import dev.gnomon.mmu.platform.PhysicalMemory;

/**
 * The page-modification log of one logical processor: 512 guest-physical addresses in a frame. The
 * processor fills it from the end and its index counts down; an index below zero means full, and
 * the write that would be logged exits first.
 *
 * <p>Used only by the CPU that runs the vCPU: by its processor in guest mode, by its exit handler
 * outside.
 *
 * <p>Source: Intel SDM vol. 3C, 28.3.6.
 */
public final class PmlBuffer {
  /** How many addresses fit. */
  public static final int ENTRIES = 512;

  private final PhysicalMemory memory;
  private final long hpa;
  private int index = ENTRIES - 1;

  public PmlBuffer(PhysicalMemory memory, long pfn) {
    this.memory = memory;
    hpa = PhysicalMemory.hpa(pfn);
  }

  /** Whether the next write that is to be logged must exit first. */
  public boolean isFull() {
    return index < 0;
  }

  /** The processor logs the page of a guest-physical address. The buffer must not be full. */
  public void log(long gpa) {
    memory.setLong(hpa + 8L * index--, gpa & -PhysicalMemory.FRAME_SIZE);
  }

  /** How many addresses are logged. */
  public int count() {
    return ENTRIES - 1 - index;
  }

  /** The gfn logged as number {@code position}, oldest first. */
  public long gfn(int position) {
    return PhysicalMemory.pfn(memory.getLong(hpa + 8L * (ENTRIES - 1 - position)));
  }

  /** Empties it. */
  void clear() {
    index = ENTRIES - 1;
  }

  /** The frame that it lies in. */
  public long pfn() {
    return PhysicalMemory.pfn(hpa);
  }
}
