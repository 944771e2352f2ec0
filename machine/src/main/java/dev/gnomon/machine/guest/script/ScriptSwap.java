package dev.gnomon.machine.guest.script;

import dev.gnomon.machine.memory.SwapSpace;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.sync.SpinLock;
import dev.gnomon.mmu.sync.Synchronization;
import java.util.HashMap;
import java.util.Map;

/** A swap space in Java arrays, as large as need be. */
final class ScriptSwap implements SwapSpace {
  private final PhysicalMemory memory;
  private final SpinLock lock;

  /** Under the lock; the arrays belong to whoever evicts, or brings back, their page. */
  private final Map<Long, byte[]> slots = new HashMap<>();

  private long next;

  ScriptSwap(Platform platform, Synchronization synchronization) {
    memory = platform.memory();
    lock = synchronization.spinLock();
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
    byte[] content = slots.remove(slot);
    lock.unlock(cpu);
    if (content == null) {
      throw new IllegalStateException("swap slot " + slot + " is not taken");
    }
  }

  @Override
  public void write(Cpu cpu, long slot, long pfn) {
    byte[] content = content(cpu, slot);
    memory.read(PhysicalMemory.hpa(pfn), content, 0, content.length);
  }

  @Override
  public void read(Cpu cpu, long slot, long pfn) {
    byte[] content = content(cpu, slot);
    memory.write(PhysicalMemory.hpa(pfn), content, 0, content.length);
  }

  private byte[] content(Cpu cpu, long slot) {
    lock.lock(cpu);
    byte[] content = slots.get(slot);
    lock.unlock(cpu);
    if (content == null) {
      throw new IllegalStateException("swap slot " + slot + " is not taken");
    }
    return content;
  }
}
