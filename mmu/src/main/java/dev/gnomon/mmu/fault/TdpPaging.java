package dev.gnomon.mmu.fault;

import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.Privilege;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.root.VcpuRoot;
import dev.gnomon.mmu.table.FaultResult;
import dev.gnomon.mmu.table.Mapping;

/** Tables of the TDP MMU. */
public final class TdpPaging implements RootPaging {
  private final PageFaults pageFaults;
  private final VcpuRoot root;
  private final Mapping mapping = new Mapping();
  private final MmioCache mmioCache = new MmioCache();

  public TdpPaging(PageFaults pageFaults, VcpuRoot root) {
    this.pageFaults = pageFaults;
    this.root = root;
  }

  @Override
  public boolean isReady() {
    return root.isLoaded();
  }

  @Override
  public void prepare(Cpu cpu) {
    root.load(cpu);
  }

  @Override
  public void dropObsolete(Cpu cpu) {
    root.unload(cpu);
  }

  @Override
  public void unload(Cpu cpu) {
    root.unload(cpu);
  }

  @Override
  public void enterGuestMode(Cpu cpu, ControlRegisters l2) {
    root.setGuestMode(true);
  }

  @Override
  public void leaveGuestMode(Cpu cpu, ControlRegisters l1) {
    root.setGuestMode(false);
  }

  @Override
  public long rootHpa() {
    return root.hpa();
  }

  @Override
  public int rootLevel() {
    return root.get().page().level();
  }

  @Override
  public FaultResult handle(Cpu cpu, long address, long code, Privilege who) {
    return pageFaults.handle(cpu, root, mmioCache, mapping, address, code);
  }
}
