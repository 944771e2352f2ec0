package dev.gnomon.mmu.root;

import dev.gnomon.mmu.event.Tracepoints;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.tdp.TdpMmu;
import dev.gnomon.mmu.tdp.TdpRoot;
import org.jspecify.annotations.Nullable;

/**
 * The root that a vCPU has loaded, and the one it runs L2 on, where L1 has no nested tables. Used
 * by that vCPU's CPU only, outside guest mode.
 */
public final class VcpuRoot {
  private final TdpMmu tdp;
  private final Tracepoints trace;
  private @Nullable TdpRoot root;

  /** That of L1 while L2 runs, and the other way round. */
  private @Nullable TdpRoot other;

  private boolean isGuestMode;

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
    TdpRoot loaded = tdp.acquireRoot(cpu, isGuestMode);
    root = loaded;
    trace.rootLoad(cpu, cpu.index(), hpa(), loaded.page().role());
  }

  /** L2 runs from now on, or L1. */
  public void setGuestMode(boolean value) {
    if (value != isGuestMode) {
      isGuestMode = value;
      TdpRoot now = other;
      other = root;
      root = now;
    }
  }

  /** Gives the roots up that are loaded. */
  public void unload(Cpu cpu) {
    TdpRoot old = root;
    root = null;
    release(cpu, old);
    old = other;
    other = null;
    release(cpu, old);
  }

  private void release(Cpu cpu, @Nullable TdpRoot old) {
    if (old != null) {
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
