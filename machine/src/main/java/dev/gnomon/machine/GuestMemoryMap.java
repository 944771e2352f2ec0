package dev.gnomon.machine;

import dev.gnomon.mmu.platform.PhysicalMemory;

/**
 * Where guest memory lies in guest-physical address space: from 0 up to 3 GiB, and what is left
 * from 4 GiB up. The hole between is for devices.
 *
 * @param memoryBytes how much memory there is
 */
public record GuestMemoryMap(long memoryBytes) {
  /** Where the hole begins. */
  public static final long HOLE = 3L << 30;

  /** Where memory goes on. */
  public static final long HIGH = 4L << 30;

  /** The local APIC's page, in the hole. */
  public static final long LOCAL_APIC = 0xfee0_0000L;

  /** How much memory lies below the hole. */
  public long lowBytes() {
    return Math.min(memoryBytes, HOLE);
  }

  /** How much memory lies above it. */
  public long highBytes() {
    return memoryBytes - lowBytes();
  }

  /** How many 4 KiB frames there are. */
  public long frames() {
    return PhysicalMemory.pfn(memoryBytes);
  }

  /** The gpa of the n-th frame, holes left out. */
  public long gpaOfFrame(long frame) {
    long gpa = PhysicalMemory.hpa(frame);
    return gpa < HOLE ? gpa : gpa - HOLE + HIGH;
  }

  /** The first gpa after all memory. */
  public long endGpa() {
    return highBytes() > 0 ? HIGH + highBytes() : lowBytes();
  }
}
