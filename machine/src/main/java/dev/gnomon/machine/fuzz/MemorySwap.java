package dev.gnomon.machine.fuzz;

import dev.gnomon.machine.memory.SwapSpace;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import java.util.Arrays;

/** A swap space in Java arrays. */
final class MemorySwap implements SwapSpace {
  private final PhysicalMemory memory;
  private byte[][] slots = new byte[64][];

  MemorySwap(PhysicalMemory memory) {
    this.memory = memory;
  }

  @Override
  public long allocate(Cpu cpu) {
    int slot = 0;
    while (slot < slots.length && slots[slot] != null) {
      slot++;
    }
    if (slot == slots.length) {
      slots = Arrays.copyOf(slots, 2 * slot);
    }
    slots[slot] = new byte[PhysicalMemory.FRAME_SIZE];
    return slot;
  }

  @Override
  public void free(Cpu cpu, long slot) {
    slots[(int) slot] = null;
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
