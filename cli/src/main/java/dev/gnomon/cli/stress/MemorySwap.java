package dev.gnomon.cli.stress;

import dev.gnomon.machine.InputException;
import dev.gnomon.machine.memory.SwapSpace;
import dev.gnomon.machine.thread.Execution;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.sync.SpinLock;

/** A swap space in Java arrays: faster than any file, so that races come more often. */
final class MemorySwap implements SwapSpace {
  private final PhysicalMemory memory;
  private final SpinLock lock;
  private final byte[][] slots;
  private final boolean[] isTaken;

  MemorySwap(Execution execution, int count) {
    memory = execution.platform().memory();
    lock = execution.synchronization().spinLock();
    slots = new byte[count][PhysicalMemory.FRAME_SIZE];
    isTaken = new boolean[count];
  }

  @Override
  public long allocate(Cpu cpu) {
    lock.lock(cpu);
    try {
      for (int i = 0; i < isTaken.length; i++) {
        if (!isTaken[i]) {
          isTaken[i] = true;
          return i;
        }
      }
    } finally {
      lock.unlock(cpu);
    }
    throw new InputException("the stress test's swap space is full");
  }

  @Override
  public void free(Cpu cpu, long slot) {
    lock.lock(cpu);
    isTaken[(int) slot] = false;
    lock.unlock(cpu);
  }

  @Override
  public void write(Cpu cpu, long slot, long pfn) {
    memory.read(PhysicalMemory.hpa(pfn), slots[(int) slot], 0, PhysicalMemory.FRAME_SIZE);
  }

  @Override
  public void read(Cpu cpu, long slot, long pfn) {
    memory.write(PhysicalMemory.hpa(pfn), slots[(int) slot], 0, PhysicalMemory.FRAME_SIZE);
  }
}
