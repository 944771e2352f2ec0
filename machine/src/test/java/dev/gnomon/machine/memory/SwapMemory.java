package dev.gnomon.machine.memory;

import dev.gnomon.machine.InputException;
import dev.gnomon.machine.thread.Execution;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.sync.SpinLock;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** A swap space in Java memory that can be told to fail. */
final class SwapMemory implements SwapSpace {
  private final PhysicalMemory memory;
  private final SpinLock lock;
  private final Map<Long, byte[]> slots = new HashMap<>();
  private long next;
  boolean fails;

  SwapMemory(Execution execution) {
    memory = execution.platform().memory();
    lock = execution.synchronization().spinLock();
  }

  int slotsTaken() {
    return slots.size();
  }

  @Override
  public long allocate(Cpu cpu) {
    lock.lock(cpu);
    long slot = next++;
    slots.put(slot, new byte[PhysicalMemory.FRAME_SIZE]);
    lock.unlock(cpu);
    return slot;
  }

  @Override
  public void free(Cpu cpu, long slot) {
    lock.lock(cpu);
    byte[] old = slots.remove(slot);
    lock.unlock(cpu);
    if (old == null) {
      throw new IllegalStateException("slot " + slot + " is not taken");
    }
  }

  @Override
  public void write(Cpu cpu, long slot, long pfn) {
    byte[] bytes = find(cpu, slot);
    if (fails) {
      Arrays.fill(bytes, (byte) 0x5a);
      throw new InputException("disk full");
    }
    memory.read(PhysicalMemory.hpa(pfn), bytes, 0, bytes.length);
  }

  @Override
  public void read(Cpu cpu, long slot, long pfn) {
    byte[] bytes = find(cpu, slot);
    if (fails) {
      throw new InputException("disk broken");
    }
    memory.write(PhysicalMemory.hpa(pfn), bytes, 0, bytes.length);
  }

  private byte[] find(Cpu cpu, long slot) {
    lock.lock(cpu);
    byte[] bytes = slots.get(slot);
    lock.unlock(cpu);
    if (bytes == null) {
      throw new IllegalStateException("slot " + slot + " is not taken");
    }
    return bytes;
  }
}
