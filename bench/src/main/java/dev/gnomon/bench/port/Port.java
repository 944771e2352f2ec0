package dev.gnomon.bench.port;

import dev.gnomon.machine.memory.HostMemory;
import dev.gnomon.machine.thread.ThreadPlatform;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.sync.Synchronization;
import java.util.concurrent.atomic.AtomicLong;

/** The one platform that all states of a stress test share, and slots of its memory. */
final class Port {
  /** Far more states than jcstress keeps alive at a time. */
  private static final long SLOTS = 1 << 18;

  private static final int SLOT_SHIFT = 8;

  private static final HostMemory HOST =
      HostMemory.reserve(SLOTS >> PhysicalMemory.FRAME_SHIFT - SLOT_SHIFT);

  private static final AtomicLong NEXT = new AtomicLong();

  static final ThreadPlatform PLATFORM = new ThreadPlatform(HOST, 3, false);
  static final Synchronization SYNCHRONIZATION = PLATFORM.synchronization();
  static final PhysicalMemory MEMORY = PLATFORM.memory();

  private Port() {}

  /** The address of 256 bytes that are 0 and that no other live state uses. */
  static long slot() {
    long slot = NEXT.getAndIncrement() & SLOTS - 1;
    long hpa = PhysicalMemory.hpa(HOST.firstFrame()) + (slot << SLOT_SHIFT);
    for (int i = 0; i < 1 << SLOT_SHIFT; i += Long.BYTES) {
      MEMORY.setLong(hpa + i, 0);
    }
    return hpa;
  }
}
