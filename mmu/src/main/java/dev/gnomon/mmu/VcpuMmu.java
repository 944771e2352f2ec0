package dev.gnomon.mmu;

import dev.gnomon.mmu.dirty.DirtyMarker;
import dev.gnomon.mmu.dirty.PmlBuffer;
import dev.gnomon.mmu.fault.MmioCache;
import dev.gnomon.mmu.fault.PageFaults;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.root.VcpuRoot;
import dev.gnomon.mmu.slot.Memslot;
import dev.gnomon.mmu.slot.MemslotArray;
import dev.gnomon.mmu.slot.Memslots;
import dev.gnomon.mmu.table.FaultResult;
import dev.gnomon.mmu.table.Mapping;
import org.jspecify.annotations.Nullable;

/**
 * The MMU of one vCPU. Used by the CPU that runs the vCPU (CPU {@code i} for vCPU {@code i}),
 * outside guest mode, but for {@link #pml} and {@link #rootHpa}, which its processor uses in guest
 * mode.
 */
public final class VcpuMmu {
  private final int vcpu;
  private final Memslots memslots;
  private final PageFaults pageFaults;
  private final DirtyMarker marker;
  private final VcpuRoot root;
  private final Mapping mapping = new Mapping();
  private final MmioCache mmioCache = new MmioCache();
  private final @Nullable PmlBuffer pml;

  VcpuMmu(
      int vcpu,
      Memslots memslots,
      PageFaults pageFaults,
      DirtyMarker marker,
      VcpuRoot root,
      @Nullable PmlBuffer pml) {
    this.vcpu = vcpu;
    this.memslots = memslots;
    this.pageFaults = pageFaults;
    this.marker = marker;
    this.root = root;
    this.pml = pml;
  }

  /** Whether a root is loaded; if not, {@link #loadRoot} before entering the guest. */
  public boolean hasRoot() {
    return root.isLoaded();
  }

  /** Loads a root. The TLB must be flushed before the guest is entered. */
  public void loadRoot(Cpu cpu) {
    root.load(cpu);
  }

  /** Drops the root: it is obsolete, or the vCPU stops. */
  public void unloadRoot(Cpu cpu) {
    root.unload(cpu);
  }

  /** Where the processor starts its walks. */
  public long rootHpa() {
    return root.hpa();
  }

  /** The page-modification log that the processor fills, or null. */
  public @Nullable PmlBuffer pml() {
    return pml;
  }

  /**
   * To be called at every exit, before the vCPU is seen to have left guest mode: reports what the
   * processor has logged.
   */
  public void drainPml(Cpu cpu) {
    PmlBuffer buffer = pml;
    if (buffer != null) {
      memslots.enter(cpu);
      marker.drain(cpu, memslots.current(), buffer);
      memslots.leave(cpu);
    }
  }

  /** Whether the vCPU must stay with the VMM until its dirty ring has room. */
  public boolean isRingFull() {
    return marker.isRingFull(vcpu);
  }

  /**
   * Handles a fault of the nested walk.
   *
   * @param code a {@link dev.gnomon.mmu.arch.FaultCode}
   * @return RETRY, FIXED or SPURIOUS: enter the guest again; EMULATE or WRITE_PROTECTED: emulate
   * @throws dev.gnomon.mmu.platform.OutOfFramesException if the host has no frame left
   */
  public FaultResult handleFault(Cpu cpu, long gpa, long code) {
    memslots.enter(cpu);
    try {
      return pageFaults.handle(cpu, root, mmioCache, mapping, gpa, code);
    } finally {
      memslots.leave(cpu);
    }
  }

  /** Marks a page that the VMM has written for this vCPU: an emulated write. */
  public void markWritten(Cpu cpu, long gfn) {
    memslots.enter(cpu);
    MemslotArray slots = memslots.current();
    Memslot slot = slots.find(gfn);
    if (slot != null) {
      marker.mark(cpu, slot, gfn);
    }
    memslots.leave(cpu);
  }
}
