package dev.gnomon.machine;

import dev.gnomon.machine.memory.HostAddressSpace;
import dev.gnomon.machine.processor.Vmm;
import dev.gnomon.mmu.Mmu;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.HostPages;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.slot.Memslot;

/**
 * Does accesses for vCPUs: what no slot holds is MMIO, what a slot holds is memory. Writes to
 * memory are seen by the tracker, done, and logged; read-only memory lets them go.
 */
final class EmulatingVmm implements Vmm {
  private static final long NO_MEMORY = -1;

  private final Mmu mmu;
  private final HostAddressSpace hostSpace;
  private final PhysicalMemory memory;
  private final Mmio mmio;
  private final WriteTracker tracker;

  EmulatingVmm(
      Mmu mmu, HostAddressSpace hostSpace, PhysicalMemory memory, Mmio mmio, WriteTracker tracker) {
    this.mmu = mmu;
    this.hostSpace = hostSpace;
    this.memory = memory;
    this.mmio = mmio;
    this.tracker = tracker;
  }

  /** Where the memory at a gpa is on the host; how it may be used is in {@link #isReadOnly}. */
  private long hvn(Cpu cpu, long gpa) {
    long gfn = PhysicalMemory.pfn(gpa);
    mmu.memslots().enter(cpu);
    Memslot slot = mmu.memslots().current().find(gfn);
    isReadOnly = slot != null && slot.isReadOnly();
    long hvn = slot == null ? NO_MEMORY : slot.hvn(gfn);
    mmu.memslots().leave(cpu);
    return hvn;
  }

  private boolean isReadOnly;

  @Override
  public long read(Cpu cpu, long gpa, int size) {
    long hvn = hvn(cpu, gpa);
    return hvn == NO_MEMORY ? mmio.read(cpu, gpa, size) : load(cpu, hvn, gpa, size);
  }

  @Override
  public void write(Cpu cpu, long gpa, int size, long value) {
    long hvn = hvn(cpu, gpa);
    if (hvn == NO_MEMORY) {
      mmio.write(cpu, gpa, size, value);
    } else if (!isReadOnly) {
      tracker.writing(cpu, gpa, size, value);
      store(cpu, hvn, gpa, size, value);
      mmu.vcpu(cpu.index()).written(cpu, gpa, size);
    }
  }

  private void store(Cpu cpu, long hvn, long gpa, int size, long value) {
    long hpa = hpa(hostSpace.pin(cpu, hvn, true), gpa);
    for (int done = 0; done < size; ) {
      int piece = piece(hpa + done, size - done);
      storeAligned(hpa + done, piece, value >>> 8 * done);
      done += piece;
    }
    hostSpace.unpin(cpu, hvn, true);
  }

  private void storeAligned(long hpa, int size, long value) {
    switch (size) {
      case 1 -> memory.setByte(hpa, (byte) value);
      case 2 -> memory.setShort(hpa, (short) value);
      case 4 -> memory.setInt(hpa, (int) value);
      default -> memory.setLong(hpa, value);
    }
  }

  /** The largest aligned power of two, at most 8, that fits. */
  private static int piece(long hpa, int left) {
    return (int) Math.min(Long.lowestOneBit(hpa | 8), Integer.highestOneBit(left));
  }

  @Override
  public long compareAndExchange(Cpu cpu, long gpa, int size, long expected, long value) {
    long hvn = hvn(cpu, gpa);
    if (hvn == NO_MEMORY) {
      mmio.write(cpu, gpa, size, value);
      return expected;
    }
    if (isReadOnly) {
      return expected;
    }
    tracker.writing(cpu, gpa, size, value);
    long hpa = hpa(hostSpace.pin(cpu, hvn, true), gpa);
    long seen = exchange(hpa, size, expected, value);
    hostSpace.unpin(cpu, hvn, true);
    mmu.vcpu(cpu.index()).written(cpu, gpa, size);
    return seen;
  }

  /** Exchanges a word, or a part of one, that holds what is expected; returns what it held. */
  private long exchange(long hpa, int size, long expected, long value) {
    long word = hpa & -8L;
    int shift = (int) (hpa - word) * 8;
    long mask = -1L >>> Long.SIZE - 8 * size;
    long whole = memory.getLong(word);
    while ((whole >>> shift & mask) == expected) {
      long changed = whole & ~(mask << shift) | (value & mask) << shift;
      long seen = memory.compareAndExchangeLong(word, whole, changed);
      if (seen == whole) {
        return expected;
      }
      whole = seen;
    }
    return whole >>> shift & mask;
  }

  @Override
  public long readEntry(Cpu cpu, long gpa, int size) {
    long hvn = hvn(cpu, gpa);
    return hvn == NO_MEMORY ? -1L >>> Long.SIZE - 8 * size : load(cpu, hvn, gpa, size);
  }

  @Override
  public boolean updateEntry(Cpu cpu, long gpa, int size, long expected, long value) {
    boolean isMemory = hvn(cpu, gpa) != NO_MEMORY;
    return !isMemory || compareAndExchange(cpu, gpa, size, expected, value) == expected;
  }

  private long load(Cpu cpu, long hvn, long gpa, int size) {
    long hpa = hpa(hostSpace.pin(cpu, hvn, false), gpa);
    long value = 0;
    for (int done = 0; done < size; ) {
      int piece = piece(hpa + done, size - done);
      value |= loadAligned(hpa + done, piece) << 8 * done;
      done += piece;
    }
    hostSpace.unpin(cpu, hvn, false);
    return value;
  }

  private long loadAligned(long hpa, int size) {
    return switch (size) {
      case 1 -> memory.getByte(hpa) & 0xffL;
      case 2 -> memory.getShort(hpa) & 0xffffL;
      case 4 -> memory.getInt(hpa) & 0xffff_ffffL;
      default -> memory.getLong(hpa);
    };
  }

  private static long hpa(long page, long gpa) {
    return PhysicalMemory.hpa(HostPages.pfn(page)) + (gpa & PhysicalMemory.FRAME_SIZE - 1);
  }
}
