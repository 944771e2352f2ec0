package dev.gnomon.mmu.fault;

import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.Permissions;
import dev.gnomon.mmu.arch.Privilege;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.root.ShadowRoots;
import dev.gnomon.mmu.shadow.GuestFormat;
import dev.gnomon.mmu.shadow.GuestWalk;
import dev.gnomon.mmu.shadow.ShadowFault;
import dev.gnomon.mmu.shadow.ShadowMmu;
import dev.gnomon.mmu.slot.Memslots;
import dev.gnomon.mmu.table.FaultResult;
import dev.gnomon.mmu.table.Role;

/** Tables of the shadow MMU: they follow the guest's registers, and what the guest flushes. */
public final class ShadowPaging implements RootPaging {
  private final ShadowFaults faults;
  private final ShadowRoots roots;
  private final ShadowMmu shadow;
  private final Memslots memslots;
  private final ShadowFault fault = new ShadowFault();
  private final GuestWalk emulation = new GuestWalk();
  private final MmioCache mmioCache = new MmioCache();
  private long guestFaultCode;

  /** The last write that was tried again with its table unprotected. */
  private long retriedAddress = -1;

  private long retriedRip;

  public ShadowPaging(ShadowFaults faults, ShadowRoots roots, ShadowMmu shadow, Memslots memslots) {
    this.faults = faults;
    this.roots = roots;
    this.shadow = shadow;
    this.memslots = memslots;
  }

  /** The roots, for what the guest does to its registers. */
  public ShadowRoots roots() {
    return roots;
  }

  /** What was remembered of an address may mean another page now. */
  public void forgetMmio() {
    mmioCache.clear();
  }

  /** As {@link #forgetMmio}, of one address. */
  public void forgetMmio(long address) {
    mmioCache.clear(PhysicalMemory.pfn(address));
  }

  @Override
  public boolean isReady() {
    return roots.isReady();
  }

  @Override
  public void prepare(Cpu cpu) {
    if (!roots.isReady()) {
      roots.load(cpu);
    }
  }

  @Override
  public void dropObsolete(Cpu cpu) {
    roots.dropObsolete(cpu);
  }

  @Override
  public void unload(Cpu cpu) {
    roots.unloadAll(cpu);
  }

  @Override
  public void enterGuestMode(Cpu cpu, ControlRegisters l2) {
    mmioCache.clear();
    roots.switchMode(cpu, l2, true);
  }

  @Override
  public void leaveGuestMode(Cpu cpu, ControlRegisters l1) {
    mmioCache.clear();
    roots.switchMode(cpu, l1, false);
  }

  @Override
  public long rootHpa() {
    return roots.get().hpa();
  }

  @Override
  public int rootLevel() {
    return Role.level(roots.get().role());
  }

  @Override
  public FaultResult handle(Cpu cpu, long address, long code, Privilege who) {
    FaultResult result =
        faults.handle(cpu, roots, roots.loaded(), mmioCache, fault, address, code, who);
    if (result == FaultResult.GUEST_FAULT) {
      guestFaultCode = fault.walk().faultCode();
    }
    return result;
  }

  /** See {@link dev.gnomon.mmu.VcpuMmu#unprotect}. Not inside a read section of the memslots. */
  public boolean unprotect(Cpu cpu, long address, long rip, boolean editsTables) {
    if (address == retriedAddress && rip == retriedRip) {
      return false;
    }
    retriedAddress = -1;
    long gfn = isShadowing() ? fault.walk().gfn() : PhysicalMemory.pfn(address);
    if (editsTables || !roots.unprotect(cpu, gfn)) {
      return false;
    }
    retriedAddress = address;
    retriedRip = rip;
    return true;
  }

  /** Whether the guest's own tables are shadowed: not under direct TDP. */
  public boolean isShadowing() {
    return !roots.isTdp();
  }

  /** The VMM has written bytes of guest memory, within one page. */
  public void written(Cpu cpu, long gpa, int size) {
    roots.written(cpu, gpa, size);
  }

  /** The error code of the guest's fault that the last fault or translation ended in. */
  public long guestFaultCode() {
    return guestFaultCode;
  }

  /**
   * Translates an address for an access that is emulated, setting A and D as the access does.
   * Inside a read section of the memslots.
   *
   * @return the gpa, or -1 if the guest's tables refuse: see {@link #guestFaultCode}
   */
  public long translate(Cpu cpu, long address, AccessKind kind, Privilege who) {
    GuestFormat guest = roots.guest();
    long page = PhysicalMemory.pfn(address);
    if (mmioCache.holds(page, memslots.current().generation())
        && isAllowed(guest, mmioCache.access(), kind, who)) {
      return PhysicalMemory.hpa(mmioCache.gfn()) | address & PhysicalMemory.FRAME_SIZE - 1;
    }
    if (!shadow.walk(cpu, guest, roots.topTable(), roots.pdptes(), address, kind, who, emulation)) {
      guestFaultCode = emulation.faultCode();
      return -1;
    }
    return PhysicalMemory.hpa(emulation.gfn()) | address & PhysicalMemory.FRAME_SIZE - 1;
  }

  private static boolean isAllowed(GuestFormat guest, int access, AccessKind kind, Privilege who) {
    long rights = GuestFormat.rights(access);
    return (guest.allowed(who, rights) & Permissions.bit(kind)) != 0;
  }
}
