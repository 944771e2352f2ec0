package dev.gnomon.machine.guest;

import dev.gnomon.machine.GuestMemoryMap;
import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;
import java.util.Set;

/**
 * All with which the guest kernel handles memory, made anew for each VM that the guest runs in:
 * what lies outside guest memory is idle while no vCPU runs.
 *
 * @param sharedLock the lock under which the shared pages' entries change
 */
record KernelMemory(
    AddressLayout layout,
    DirectMap directMap,
    FramePool pool,
    PageTables tables,
    Shootdown shootdown,
    KernelLock sharedLock,
    KernelLock[] spaceLocks,
    GuestCounters counters) {

  private static final int LOCKS = 32;

  static KernelMemory of(
      AddressLayout layout,
      DirectMap directMap,
      GuestMemoryMap memoryMap,
      Set<GuestFeature> features,
      Platform platform,
      KernelEvents events,
      Shootdown.LocalFlush flush) {
    int vcpus = events.vcpus();
    GuestCounters counters = new GuestCounters(platform, vcpus);
    Shootdown shootdown = new Shootdown(platform, events, counters, flush, vcpus);
    SharedWords words = platform.newWords((LOCKS + 1) * SharedWords.STRIDE);
    KernelLock[] locks = new KernelLock[LOCKS + 1];
    for (int i = 0; i <= LOCKS; i++) {
      locks[i] = new KernelLock(words, i * SharedWords.STRIDE, events, shootdown);
    }
    long largeFrames =
        layout.isPaged() ? PhysicalMemory.pfn(1L << layout.mode().shift(PageLevel.LEVEL_2M)) : 1;
    FramePool pool = new FramePool(directMap, memoryMap, largeFrames);
    return new KernelMemory(
        layout,
        directMap,
        pool,
        new PageTables(layout, directMap, pool, features.contains(GuestFeature.RECURSIVE)),
        shootdown,
        locks[LOCKS],
        locks,
        counters);
  }

  /** The lock of a space; some spaces have the same. Nobody has two. */
  KernelLock lockOf(AddressSpace space) {
    return spaceLocks[(int) (space.id() % LOCKS)];
  }

  /** Copies a frame. */
  void copyFrame(Vcpu vcpu, long from, long to) {
    for (long offset = 0; offset < PhysicalMemory.FRAME_SIZE; offset += Long.BYTES) {
      vcpu.writeLong(directMap.at(to + offset), vcpu.readLong(directMap.at(from + offset)));
    }
  }
}
