package dev.gnomon.mmu;

import dev.gnomon.mmu.arch.PagingFeatures;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.MmuKind;
import dev.gnomon.mmu.dirty.PmlBuffer;
import dev.gnomon.mmu.fault.NestedPaging;
import dev.gnomon.mmu.fault.PageFaults;
import dev.gnomon.mmu.fault.ShadowFaults;
import dev.gnomon.mmu.fault.ShadowPaging;
import dev.gnomon.mmu.fault.TdpPaging;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.root.LoadedRoots;
import dev.gnomon.mmu.root.NestedSource;
import dev.gnomon.mmu.root.ShadowRoots;
import dev.gnomon.mmu.root.SpecialRootsRule;
import dev.gnomon.mmu.root.VcpuRoot;
import dev.gnomon.mmu.shadow.Foundation;
import dev.gnomon.mmu.shadow.ShadowMmu;
import dev.gnomon.mmu.table.Role;
import dev.gnomon.mmu.tdp.TdpMmu;
import org.jspecify.annotations.Nullable;

/**
 * Makes the MMU of each vCPU of a VM: which MMU its root context uses, and whether it has a guest
 * context.
 */
final class VcpuContexts {
  private final Foundation base;
  private final TdpMmu tdp;
  private final ShadowMmu shadow;
  private final PageFaults pageFaults;
  private final ShadowFaults shadowFaults;
  private final SpecialRootsRule specialRoots;

  VcpuContexts(
      Foundation base,
      TdpMmu tdp,
      ShadowMmu shadow,
      PageFaults pageFaults,
      ShadowFaults shadowFaults,
      SpecialRootsRule specialRoots) {
    this.base = base;
    this.tdp = tdp;
    this.shadow = shadow;
    this.pageFaults = pageFaults;
    this.shadowFaults = shadowFaults;
    this.specialRoots = specialRoots;
  }

  /** The MMUs of all of them. */
  VcpuMmu[] make(Cpu cpu) {
    VcpuMmu[] vcpus = new VcpuMmu[base.config().vcpus()];
    for (int i = 0; i < vcpus.length; i++) {
      vcpus[i] = make(cpu, i);
    }
    return vcpus;
  }

  private VcpuMmu make(Cpu cpu, int vcpu) {
    MmuConfig config = base.config();
    PmlBuffer pml =
        config.logsByDirtyBit()
            ? new PmlBuffer(base.platform().memory(), base.platform().frames().allocate(cpu))
            : null;
    if (config.mmu() == MmuKind.TDP) {
      TdpPaging paging = new TdpPaging(pageFaults, new VcpuRoot(tdp, base.trace()));
      return new VcpuMmu(vcpu, base, paging, null, nested(vcpu), pml);
    }
    ShadowPaging paging = new ShadowPaging(shadowFaults, roots(vcpu), shadow, base.memslots());
    return new VcpuMmu(vcpu, base, paging, paging, nested(vcpu), pml);
  }

  private ShadowRoots roots(int vcpu) {
    MmuConfig config = base.config();
    int tdpRole =
        config.mmu() == MmuKind.SHADOW ? 0 : Role.direct(config.levels(), !config.accessedDirty());
    PagingFeatures features = PagingFeatures.of(config.physicalAddressBits());
    return new ShadowRoots(vcpu, tdpRole, features, specialRoots, shadow, base);
  }

  /** The guest context; null where L1 cannot have nested tables. */
  private @Nullable NestedPaging nested(int vcpu) {
    if (!base.config().nested() || base.config().mmu() == MmuKind.SHADOW) {
      return null;
    }
    NestedSource source = new NestedSource(shadow, base.config());
    LoadedRoots roots = new LoadedRoots(vcpu, source, specialRoots, shadow, base);
    return new NestedPaging(shadowFaults, source, roots, base, shadow);
  }
}
