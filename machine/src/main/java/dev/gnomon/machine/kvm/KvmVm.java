package dev.gnomon.machine.kvm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A VM of the host's KVM. Calls that a guest may ask for return what the kernel says, 0 or an error
 * number, negated.
 */
final class KvmVm implements AutoCloseable {
  /** Three pages of guest memory below 4 GiB that Intel's real mode needs; far from any slot. */
  private static final long TSS_ADDRESS = 0xfffb_d000L;

  private static final long FIRST_ARGUMENT =
      KvmLayouts.ENABLE_CAPABILITY.byteOffset(PathElement.groupElement("args"));
  private static final int PAGES_PER_WORD = 64;

  private final SystemCalls calls;
  private final int file;

  /** A new VM without memory. */
  KvmVm(SystemCalls calls, KvmDevice device) {
    this.calls = calls;
    file = device.createVm();
    // Where it is not needed it may fail.
    calls.ioctl(file, KvmRequests.SET_TSS_ADDRESS, TSS_ADDRESS);
  }

  int file() {
    return file;
  }

  /** Sets a slot; 0 bytes delete it. */
  int setSlot(int id, long gpa, long bytes, long flags, long address) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment region = arena.allocate(KvmLayouts.MEMORY_REGION);
      KvmLayouts.set(region, KvmLayouts.MEMORY_REGION, "slot", id);
      KvmLayouts.set(region, KvmLayouts.MEMORY_REGION, "flags", flags);
      KvmLayouts.set(region, KvmLayouts.MEMORY_REGION, "guest_phys_addr", gpa);
      KvmLayouts.set(region, KvmLayouts.MEMORY_REGION, "memory_size", bytes);
      KvmLayouts.set(region, KvmLayouts.MEMORY_REGION, "userspace_addr", address);
      return calls.ioctl(file, KvmRequests.SET_USER_MEMORY_REGION, region);
    }
  }

  /**
   * Switches something on.
   *
   * @param argument the first of the capability's arguments
   */
  int enable(int capability, long argument) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment request = arena.allocate(KvmLayouts.ENABLE_CAPABILITY);
      KvmLayouts.set(request, KvmLayouts.ENABLE_CAPABILITY, "cap", capability);
      request.set(ValueLayout.JAVA_LONG, FIRST_ARGUMENT, argument);
      return calls.ioctl(file, KvmRequests.ENABLE_CAPABILITY, request);
    }
  }

  /**
   * The pages of a slot that were written since this was last asked.
   *
   * @param bitmap takes a bit a page
   */
  int dirtyLog(int slot, long[] bitmap) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bits = arena.allocate(ValueLayout.JAVA_LONG, bitmap.length);
      MemorySegment request = arena.allocate(KvmLayouts.DIRTY_LOG);
      KvmLayouts.set(request, KvmLayouts.DIRTY_LOG, "slot", slot);
      KvmLayouts.set(request, KvmLayouts.DIRTY_LOG, "dirty_bitmap", bits.address());
      int result = calls.ioctl(file, KvmRequests.GET_DIRTY_LOG, request);
      MemorySegment.copy(bits, ValueLayout.JAVA_LONG, 0, bitmap, 0, bitmap.length);
      return result;
    }
  }

  /** Clears the dirty bits of some pages of a slot, and protects these pages again. */
  int clearDirtyLog(int slot, long firstPage, int pages, long slotPages) {
    try (Arena arena = Arena.ofConfined()) {
      // What is more than the slot has is refused before the bits are looked at.
      long looked = Math.min(Integer.toUnsignedLong(pages), slotPages);
      long words = Math.ceilDiv(looked, PAGES_PER_WORD) + 1;
      MemorySegment bits = arena.allocate(ValueLayout.JAVA_LONG, words);
      bits.fill((byte) -1);
      MemorySegment request = arena.allocate(KvmLayouts.CLEAR_DIRTY_LOG);
      KvmLayouts.set(request, KvmLayouts.CLEAR_DIRTY_LOG, "slot", slot);
      KvmLayouts.set(request, KvmLayouts.CLEAR_DIRTY_LOG, "num_pages", pages);
      KvmLayouts.set(request, KvmLayouts.CLEAR_DIRTY_LOG, "first_page", firstPage);
      KvmLayouts.set(request, KvmLayouts.CLEAR_DIRTY_LOG, "dirty_bitmap", bits.address());
      return calls.ioctl(file, KvmRequests.CLEAR_DIRTY_LOG, request);
    }
  }

  /** Takes back the entries of dirty rings that were harvested; how many. */
  int resetDirtyRings() {
    return calls.ioctl(file, KvmRequests.RESET_DIRTY_RINGS, 0);
  }

  /** How many pages of tables the VM may have. */
  int setTablePages(long pages) {
    return calls.ioctl(file, KvmRequests.SET_NR_MMU_PAGES, pages);
  }

  @Override
  public void close() {
    calls.close(file);
  }
}
