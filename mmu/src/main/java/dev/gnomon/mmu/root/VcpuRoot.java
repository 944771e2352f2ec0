package dev.gnomon.mmu.root;

import dev.gnomon.mmu.event.Tracepoints;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.tdp.TdpMmu;
import dev.gnomon.mmu.tdp.TdpRoot;
import org.jspecify.annotations.Nullable;

/** The root that a vCPU has loaded. Used by that vCPU's CPU only, outside guest mode. */
public final class VcpuRoot {
  private final TdpMmu tdp;
  private final Tracepoints trace;
  private @Nullable TdpRoot root;

  public VcpuRoot(TdpMmu tdp, Tracepoints trace) {
    this.tdp = tdp;
    this.trace = trace;
  }

  /** Whether one is loaded. */
  public boolean isLoaded() {
    return root != null;
  }

  /** Loads the current root. The vCPU must flush its TLB before it enters the guest. */
  public void load(Cpu cpu) {
    TdpRoot loaded = tdp.acquireRoot(cpu);
    root = loaded;
    trace.rootLoad(cpu, cpu.index(), hpa(), loaded.page().role());
  }

  /** Gives the root up, if one is loaded. */
  public void unload(Cpu cpu) {
    TdpRoot old = root;
    if (old != null) {
      root = null;
      tdp.releaseRoot(cpu, old);
    }
  }

  /** The loaded root. */
  public TdpRoot get() {
    TdpRoot loaded = root;
    if (loaded == null) {
      throw new IllegalStateException("no root is loaded");
    }
    return loaded;
  }

  /** The address that the processor starts a walk from. */
  public long hpa() {
    return PhysicalMemory.hpa(get().page().pfn());
  }
}
