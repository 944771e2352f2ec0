package dev.gnomon.mmu.dirty;

import dev.gnomon.mmu.config.DirtyLogKind;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.config.Statistics;
import dev.gnomon.mmu.event.Tracepoints;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.slot.Memslot;
import dev.gnomon.mmu.slot.MemslotArray;
import dev.gnomon.mmu.sync.Rendezvous;
import dev.gnomon.mmu.sync.SpinLock;
import dev.gnomon.mmu.sync.Synchronization;
import dev.gnomon.mmu.tlb.Requests;

/**
 * Marks gfns of dirty-logged slots as written: in the slot's bitmap, or in the ring of the vCPU
 * whose CPU marks. CPU {@code i} runs vCPU {@code i}; CPUs above the vCPUs work for the host and
 * share one more ring under a lock.
 */
public final class DirtyMarker {
  private final Statistics statistics;
  private final Rendezvous rendezvous;
  private final int vcpus;
  private final DirtyRing[] rings;
  private final SpinLock hostRingLock;
  private final Tracepoints trace;

  public DirtyMarker(
      Platform platform,
      Synchronization synchronization,
      MmuConfig config,
      Rendezvous rendezvous,
      Tracepoints trace,
      Statistics statistics) {
    this.statistics = statistics;
    this.rendezvous = rendezvous;
    this.trace = trace;
    vcpus = config.vcpus();
    hostRingLock = synchronization.spinLock();
    rings = new DirtyRing[config.dirtyLog() == DirtyLogKind.RING ? vcpus + 1 : 0];
    for (int i = 0; i < rings.length; i++) {
      rings[i] = new DirtyRing(platform, config.ringEntries());
    }
  }

  /** Whether writes are reported in rings, not bitmaps. */
  public boolean usesRings() {
    return rings.length > 0;
  }

  /** Marks a gfn of the slot as written, if the slot is dirty-logged. */
  public void mark(Cpu cpu, Memslot slot, long gfn) {
    if (!slot.isDirtyLogged()) {
      return;
    }
    long offset = gfn - slot.baseGfn();
    if (usesRings()) {
      push(cpu, slot, offset);
      return;
    }
    SharedWords bitmap = slot.dirtyBitmap();
    int word = (int) (offset >>> 6);
    // A bit seen set here is taken by a reader only later, and re-protected later still: no need to
    // fight for the line.
    if ((bitmap.get(word) & 1L << offset) == 0) {
      bitmap.getAndOr(word, 1L << offset);
      statistics.count(cpu, Stat.DIRTY_PAGES_LOGGED);
    }
  }

  /** Marks what a PML buffer holds, and empties it. Called by the vCPU's CPU at an exit. */
  public void drain(Cpu cpu, MemslotArray slots, PmlBuffer buffer) {
    int count = buffer.count();
    for (int i = 0; i < count; i++) {
      long gfn = buffer.gfn(i);
      Memslot slot = slots.find(gfn);
      if (slot != null) {
        mark(cpu, slot, gfn);
      }
    }
    statistics.add(cpu, Stat.PML_ENTRIES, count);
    buffer.clear();
  }

  /** Whether the vCPU must not run before the VMM has made room in its ring. */
  public boolean isRingFull(int vcpu) {
    return usesRings() && rings[vcpu].isSoftFull();
  }

  /** How many rings there are: one a vCPU, and the host's. 0 with bitmaps. */
  int ringCount() {
    return rings.length;
  }

  DirtyRing ring(int index) {
    return rings[index];
  }

  private void push(Cpu cpu, Memslot slot, long offset) {
    statistics.count(cpu, Stat.DIRTY_PAGES_LOGGED);
    if (cpu.index() >= vcpus) {
      hostRingLock.lock(cpu);
      push(cpu, vcpus, slot, offset);
      hostRingLock.unlock(cpu);
      return;
    }
    push(cpu, cpu.index(), slot, offset);
    if (rings[cpu.index()].isSoftFull()) {
      rendezvous.request(cpu.index(), Requests.RING_FULL);
    }
  }

  private void push(Cpu cpu, int index, Memslot slot, long offset) {
    DirtyRing ring = rings[index];
    ring.push(slot.id(), offset);
    if (trace.isOn()) {
      trace.kvmDirtyRingPush(cpu, index, ring.pushed(), ring.freed(), slot.id(), offset);
    }
  }

  /** Gives back the room of all that the VMM has taken from a ring. */
  void reset(Cpu cpu, int index) {
    DirtyRing ring = rings[index];
    ring.reset();
    if (trace.isOn()) {
      trace.kvmDirtyRingReset(cpu, index, ring.pushed(), ring.freed());
    }
  }
}
