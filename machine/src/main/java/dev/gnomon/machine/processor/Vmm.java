package dev.gnomon.machine.processor;

import dev.gnomon.mmu.platform.Cpu;

/**
 * What a vCPU leaves to the VMM: accesses to memory that does not exist, is read-only, or whose
 * writes must be seen. Called by the vCPU's CPU, outside guest mode.
 */
public interface Vmm {

  /** Does a guest's read of 1, 2, 4 or 8 bytes within one page. */
  long read(Cpu cpu, long gpa, int size);

  /** Does a guest's write of 1, 2, 4 or 8 bytes within one page. */
  void write(Cpu cpu, long gpa, int size, long value);
}
