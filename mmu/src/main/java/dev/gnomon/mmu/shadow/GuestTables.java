package dev.gnomon.mmu.shadow;

import dev.gnomon.mmu.dirty.DirtyMarker;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.HostPages;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.slot.Memslot;
import dev.gnomon.mmu.slot.MemslotArray;

/**
 * The guest's own tables, in the guest's memory. What is read here was the entry's value at that
 * moment; the guest may change it at once.
 *
 * <p>All under the MMU lock, in either mode, so that the host cannot take the memory away
 * meanwhile; but {@link #makePresent}, which may wait for the host, without it.
 */
final class GuestTables {
  private final PhysicalMemory memory;
  private final HostPages hostPages;
  private final DirtyMarker marker;

  GuestTables(Foundation base) {
    memory = base.platform().memory();
    hostPages = base.hostPages();
    marker = base.marker();
  }

  /** The slot that holds a gfn and may be used, or null. */
  static Memslot visibleSlot(MemslotArray slots, long gfn) {
    Memslot slot = slots.find(gfn);
    return slot == null || slot.isInvalid() ? null : slot;
  }

  /** The hpa behind a gpa of a slot, or -1 if the host has no page there now. */
  long hpa(Memslot slot, long gpa) {
    long page = hostPages.present(slot.hvn(gpa >>> 12));
    return page == HostPages.ABSENT ? -1 : HostPages.pfn(page) << 12 | gpa & 0xfff;
  }

  /** Whether the host's page behind a gpa is present and may be written. */
  boolean isWritable(Memslot slot, long gpa) {
    long page = hostPages.present(slot.hvn(gpa >>> 12));
    return page != HostPages.ABSENT && HostPages.isWritable(page);
  }

  /** Makes the page behind a gpa present, perhaps writable; false if there is no memory for it. */
  boolean makePresent(Cpu cpu, Memslot slot, long gpa, boolean forWrite) {
    return hostPages.resolve(cpu, slot.hvn(gpa >>> 12), forWrite) != HostPages.ABSENT;
  }

  /** Reads an entry of 4 or 8 bytes. */
  long read(long hpa, int size) {
    return size == 8 ? memory.getLong(hpa) : Integer.toUnsignedLong(memory.getInt(hpa));
  }

  /** Sets A or D in an entry, unless it has changed; returns whether it was done. */
  boolean update(Cpu cpu, Memslot slot, long gpa, long hpa, int size, long expected, long value) {
    boolean isDone =
        size == 8
            ? memory.compareAndExchangeLong(hpa, expected, value) == expected
            : memory.compareAndExchangeInt(hpa, (int) expected, (int) value) == (int) expected;
    if (isDone) {
      hostPages.markDirty(hpa >>> 12);
      marker.mark(cpu, slot, gpa >>> 12);
    }
    return isDone;
  }
}
