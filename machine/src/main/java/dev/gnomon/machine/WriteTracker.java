package dev.gnomon.machine;

import dev.gnomon.mmu.platform.Cpu;

/** Sees each write of the guest to memory that is write-tracked, just before it is done. */
@FunctionalInterface
public interface WriteTracker {

  /** The guest writes 1, 2, 4 or 8 bytes within one page. Called by the vCPU's CPU. */
  void writing(Cpu cpu, long gpa, int size, long value);
}
