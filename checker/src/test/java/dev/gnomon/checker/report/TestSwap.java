package dev.gnomon.checker.report;

import dev.gnomon.machine.memory.SwapSpace;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import java.util.HashMap;
import java.util.Map;

/** A swap space of Java arrays, for one user at a time. */
final class TestSwap implements SwapSpace {
  private final PhysicalMemory memory;
  private final Map<Long, byte[]> slots = new HashMap<>();
  private long next;

  TestSwap(PhysicalMemory memory) {
    this.memory = memory;
  }

  @Override
  public long allocate(Cpu cpu) {
    slots.put(next, new byte[PhysicalMemory.FRAME_SIZE]);
    return next++;
  }

  @Override
  public void free(Cpu cpu, long slot) {
    slots.remove(slot);
  }

  @Override
  public void write(Cpu cpu, long slot, long pfn) {
    memory.read(PhysicalMemory.hpa(pfn), slots.get(slot), 0, PhysicalMemory.FRAME_SIZE);
  }

  @Override
  public void read(Cpu cpu, long slot, long pfn) {
    memory.write(PhysicalMemory.hpa(pfn), slots.get(slot), 0, PhysicalMemory.FRAME_SIZE);
  }
}
