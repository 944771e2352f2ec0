package dev.gnomon.machine.memory;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.Frames;
import dev.gnomon.mmu.platform.PhysicalMemory;

/**
 * The host's page table of one address space: four levels of 512 entries in frames of its own, as
 * the processor's. See {@link HostPte} for what an entry says.
 *
 * <p>Anyone reads it without a lock. An entry is changed by compare-and-exchange, or by a store of
 * the CPU that made it busy. Tables are added where an entry is empty and stay for good, so a walk
 * never meets a freed frame; host-virtual frames are not reused, so none is in the way of a large
 * page later.
 *
 * <p>A <i>place</i> is an entry's address with its level (1 to 4) in the low bits.
 */
final class HostPageTable {
  private static final int LEVELS = 4;
  private static final int INDEX_BITS = 9;
  private static final int INDEX_MASK = (1 << INDEX_BITS) - 1;
  private static final int PLACE_LEVEL = 7;

  /** The host-virtual frame after the last one. */
  static final long END = 1L << LEVELS * INDEX_BITS;

  private final PhysicalMemory memory;
  private final Frames frames;
  private final long root;

  /** Makes an empty table. The root's frame must hold zeros. */
  HostPageTable(PhysicalMemory memory, Frames frames, long rootPfn) {
    this.memory = memory;
    this.frames = frames;
    root = PhysicalMemory.hpa(rootPfn);
  }

  /** The place of the lowest entry for a host-virtual frame that is below {@link #END}. */
  long find(long hvn) {
    long table = root;
    for (int level = LEVELS; ; level--) {
      long hpa = table + ((hvn >>> INDEX_BITS * (level - 1) & INDEX_MASK) << 3);
      if (level == 1) {
        return hpa | 1;
      }
      long pte = memory.getLong(hpa);
      if (!HostPte.isTable(pte)) {
        return hpa | level;
      }
      table = HostPte.tableHpa(pte);
    }
  }

  static int level(long place) {
    return (int) place & PLACE_LEVEL;
  }

  /** How many host-virtual frames the entry at a place covers. */
  static long span(long place) {
    return 1L << INDEX_BITS * (level(place) - 1);
  }

  long get(long place) {
    return memory.getLong(hpa(place));
  }

  /** Changes an entry that this CPU made busy. */
  void set(long place, long pte) {
    memory.setLong(hpa(place), pte);
  }

  boolean compareAndSet(long place, long expected, long pte) {
    return memory.compareAndExchangeLong(hpa(place), expected, pte) == expected;
  }

  /** Adds to an entry that cannot change otherwise, being pinned. */
  void getAndAdd(long place, long delta) {
    memory.getAndAddLong(hpa(place), delta);
  }

  /** Waits until an entry no longer is what it was. */
  void awaitChange(Cpu cpu, long place, long seen) {
    cpu.awaitChange(memory, hpa(place), seen);
  }

  /** Puts an empty table where an entry is empty; someone else may be faster. */
  void grow(Cpu cpu, long place) {
    long pfn = newTable(cpu);
    if (!compareAndSet(place, HostPte.EMPTY, HostPte.table(PhysicalMemory.hpa(pfn)))) {
      frames.free(cpu, pfn);
    }
  }

  /** Allocates a frame of empty entries. */
  long newTable(Cpu cpu) {
    long pfn = frames.allocate(cpu);
    memory.fill(pfn, HostPte.EMPTY);
    return pfn;
  }

  /** Puts a page into a table that is not yet linked. */
  void setInNewTable(long tablePfn, int index, long pte) {
    memory.setLong(PhysicalMemory.hpa(tablePfn) + (long) index * Long.BYTES, pte);
  }

  /**
   * The first host-virtual frame in a range whose entry is not empty, or {@code end} if all are.
   */
  long next(long first, long end) {
    long hvn = first;
    while (hvn < end) {
      long place = find(hvn);
      long span = span(place);
      long tableEnd = (hvn & -span << INDEX_BITS) + (span << INDEX_BITS);
      long pte = get(place);
      while (pte == HostPte.EMPTY) {
        hvn = (hvn & -span) + span;
        if (hvn >= end || hvn == tableEnd) {
          break;
        }
        place += Long.BYTES;
        pte = get(place);
      }
      if (pte != HostPte.EMPTY && !HostPte.isTable(pte)) {
        return hvn;
      }
    }
    return end;
  }

  /**
   * Makes the entry for {@code hvn} busy, if it is present and not pinned.
   *
   * @return the entry as it was, or {@link HostPte#EMPTY} if it was not to be had
   */
  long tryClaim(Cpu cpu, long hvn) {
    long place = find(hvn);
    long pte = get(place);
    boolean isFree = HostPte.isPresent(pte) && !HostPte.isPinned(pte);
    return isFree && compareAndSet(place, pte, HostPte.busy(cpu.index())) ? pte : HostPte.EMPTY;
  }

  /**
   * Makes the entry for {@code hvn} busy, whatever it holds, waiting until it is neither busy nor
   * pinned.
   *
   * @return the entry as it was; if {@link HostPte#EMPTY}, it is not busy
   */
  long claim(Cpu cpu, long hvn) {
    for (; ; ) {
      long place = find(hvn);
      long pte = get(place);
      if (pte == HostPte.EMPTY) {
        return pte;
      }
      if (HostPte.isBusy(pte) || HostPte.isPinned(pte)) {
        awaitChange(cpu, place, pte);
      } else if (!HostPte.isTable(pte) && compareAndSet(place, pte, HostPte.busy(cpu.index()))) {
        return pte;
      }
      // Another has changed the entry, or put a table there: at once again.
    }
  }

  private static long hpa(long place) {
    return place & ~PLACE_LEVEL;
  }
}
