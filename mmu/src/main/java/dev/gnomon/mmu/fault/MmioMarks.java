package dev.gnomon.mmu.fault;

import dev.gnomon.mmu.event.Tracepoints;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.slot.MemslotArray;
import dev.gnomon.mmu.spte.MmioSpte;
import dev.gnomon.mmu.spte.SpteFormat;

/** What an MMIO mark that a walk has met is worth: it counts in its own generation only. */
final class MmioMarks {
  private final SpteFormat format;
  private final Tracepoints trace;

  MmioMarks(SpteFormat format, Tracepoints trace) {
    this.format = format;
    this.trace = trace;
  }

  /**
   * Whether an entry is a mark of the current generation; if so, it is remembered.
   *
   * @param address what the event tells: the gva, or 0 under direct roots
   * @param addressPage under which it is remembered
   */
  boolean isCurrent(
      Cpu cpu, MemslotArray slots, MmioCache mmioCache, long spte, long address, long addressPage) {
    if (!format.isMmio(spte)) {
      return false;
    }
    long generation = slots.generation() & MmioSpte.GENERATION_MASK;
    trace.checkMmioSpte(cpu, spte, generation, MmioSpte.generation(spte));
    if (MmioSpte.generation(spte) != generation) {
      return false;
    }
    long gfn = MmioSpte.gfn(format, spte);
    int access = MmioSpte.access(format, spte);
    trace.handleMmioPageFault(cpu, address, gfn, access);
    mmioCache.put(addressPage, gfn, access, slots.generation());
    return true;
  }
}
