package dev.gnomon.mmu;

import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.FaultCode;
import dev.gnomon.mmu.arch.PagingFeatures;
import dev.gnomon.mmu.arch.Privilege;
import dev.gnomon.mmu.dirty.DirtyMarker;
import dev.gnomon.mmu.dirty.PmlBuffer;
import dev.gnomon.mmu.fault.NestedPaging;
import dev.gnomon.mmu.fault.RootPaging;
import dev.gnomon.mmu.fault.ShadowPaging;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.shadow.Foundation;
import dev.gnomon.mmu.shadow.ShadowRoot;
import dev.gnomon.mmu.slot.Memslot;
import dev.gnomon.mmu.slot.MemslotArray;
import dev.gnomon.mmu.slot.Memslots;
import dev.gnomon.mmu.table.FaultResult;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The MMU of one vCPU. Used by the CPU that runs the vCPU (CPU {@code i} for vCPU {@code i}),
 * outside guest mode, but for {@link #pml} and {@link #rootHpa}, which its processor uses in guest
 * mode.
 */
public final class VcpuMmu {
  private final int vcpu;
  private final Memslots memslots;
  private final DirtyMarker marker;
  private final NestedMmu nested;
  private final @Nullable ShadowPaging shadow;
  private final @Nullable PmlBuffer pml;

  /**
   * Makes it.
   *
   * @param shadow the same as {@code paging} where that follows the guest's registers, else null
   * @param guest the guest context, where the guest's nested tables are shadowed, else null
   */
  VcpuMmu(
      int vcpu,
      Foundation base,
      RootPaging paging,
      @Nullable ShadowPaging shadow,
      @Nullable NestedPaging guest,
      @Nullable PmlBuffer pml) {
    this.vcpu = vcpu;
    memslots = base.memslots();
    marker = base.marker();
    nested = new NestedMmu(paging, guest, memslots, base.statistics());
    this.shadow = shadow;
    this.pml = pml;
  }

  /** Whether a root is loaded; if not, {@link #loadRoot} before entering the guest. */
  public boolean hasRoot() {
    return nested.active().isReady();
  }

  /** Loads a root. The TLB must be flushed before the guest is entered. */
  public void loadRoot(Cpu cpu) {
    nested.active().prepare(cpu);
  }

  /** Drops roots that are obsolete. */
  public void dropObsoleteRoots(Cpu cpu) {
    nested.dropObsolete(cpu);
  }

  /** Drops all roots: the vCPU stops. */
  public void unloadRoot(Cpu cpu) {
    nested.unload(cpu);
  }

  /** Where the processor starts its walks. */
  public long rootHpa() {
    return nested.active().rootHpa();
  }

  /** The level of the root; 3 is a root of four entries, as PAE paging has it. */
  public int rootLevel() {
    return nested.active().rootLevel();
  }

  // --- what the guest does to its registers; nothing under the TDP MMU ---

  /** Says what the processor's CPUID offers of paging. Before it runs. */
  public void setPagingFeatures(Cpu cpu, PagingFeatures features) {
    if (shadow != null) {
      shadow.roots().setFeatures(cpu, features);
    }
    nested.setFeatures(cpu, features);
  }

  /** Loads all registers at once; PDPTEs that are wrong count as not present. */
  public void loadRegisters(Cpu cpu, ControlRegisters registers) {
    if (shadow != null) {
      shadow.forgetMmio();
      shadow.roots().load(cpu, registers);
    }
  }

  /**
   * MOV CR3.
   *
   * @param keepsTranslations with PCIDs, bit 63 of the operand: nothing is flushed
   * @return false, and nothing has changed, if a PDPTE has a reserved bit set
   */
  public boolean loadCr3(Cpu cpu, long cr3, boolean keepsTranslations) {
    if (shadow == null) {
      return true;
    }
    shadow.forgetMmio();
    return shadow.roots().loadCr3(cpu, cr3, keepsTranslations);
  }

  /**
   * MOV CR0, MOV CR4, or WRMSR EFER.
   *
   * @return false, and nothing has changed, if a PDPTE has a reserved bit set
   */
  public boolean loadModes(Cpu cpu, long cr0, long cr4, long efer) {
    if (shadow == null) {
      return true;
    }
    shadow.forgetMmio();
    return shadow.roots().loadModes(cpu, cr0, cr4, efer);
  }

  /** INVPCID of one address: other roots that are kept may be of that PCID. */
  public void invalidateAddress(Cpu cpu, int pcid, long address) {
    if (shadow != null) {
      shadow.forgetMmio(address);
      shadow.roots().invalidateAddress(cpu, pcid, address);
    }
  }

  /** INVLPG. */
  public void invalidateAddress(Cpu cpu, long address) {
    if (shadow != null) {
      shadow.forgetMmio(address);
      shadow.roots().invalidateAddress(cpu, address);
    }
  }

  /** The guest has flushed all translations of a PCID. */
  public void flushedContext(Cpu cpu, int pcid) {
    if (shadow != null) {
      shadow.forgetMmio();
      shadow.roots().flushed(cpu, pcid);
    }
  }

  /** The guest has flushed all translations. */
  public void flushedAll(Cpu cpu) {
    if (shadow != null) {
      shadow.forgetMmio();
      shadow.roots().flushedAll(cpu);
    }
  }

  // --- nested guests ---

  /** The contexts in which a guest of the guest's runs. */
  public NestedMmu nested() {
    return nested;
  }

  // --- the dirty log ---

  /**
   * The page-modification log that the processor fills, or null. While L2 runs there is none: the
   * gpas in it would be L2's.
   */
  public @Nullable PmlBuffer pml() {
    return nested.isRunning() ? null : pml;
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

  // --- faults ---

  /**
   * Handles a fault of the processor's walk, made by a supervisor with EFLAGS.AC clear, or by user
   * code.
   *
   * @param address a gpa, or where the guest's tables are shadowed a gva; while L2 runs by nested
   *     tables of L1's, an L2-physical address
   * @param code a {@link dev.gnomon.mmu.arch.FaultCode}
   * @return RETRY, FIXED or SPURIOUS: enter the guest again; EMULATE or WRITE_PROTECTED: emulate;
   *     GUEST_FAULT: the guest gets a fault of {@link #guestFaultCode}; NESTED_VIOLATION: L1 gets
   *     {@link NestedMmu#violation}
   * @throws dev.gnomon.mmu.platform.OutOfFramesException if the host has no frame left
   */
  public FaultResult handleFault(Cpu cpu, long address, long code) {
    boolean isUser = (code & FaultCode.USER) != 0;
    return handleFault(cpu, address, code, isUser ? Privilege.USER : Privilege.SUPERVISOR);
  }

  /** As {@link #handleFault(Cpu, long, long)}, with the privilege that the access was made with. */
  public FaultResult handleFault(Cpu cpu, long address, long code, Privilege who) {
    memslots.enter(cpu);
    try {
      return nested.active().handle(cpu, address, code, who);
    } finally {
      memslots.leave(cpu);
    }
  }

  /**
   * After a fault that ended as WRITE_PROTECTED: whether the guest may try again, as the page is no
   * table any more to the MMU. That is worth it where the instruction is not one with which tables
   * are edited; but not twice in a row for the same one, as its own translation may need the table.
   *
   * @param address of the fault
   * @param rip where the instruction is
   */
  public boolean unprotect(Cpu cpu, long address, long rip, boolean editsTables) {
    return shadow != null && shadow.unprotect(cpu, address, rip, editsTables);
  }

  /**
   * Whether the guest's registers and invalidations must be told here: by a vCPU outside guest
   * mode.
   */
  public boolean followsRegisters() {
    return shadow != null && !nested.hasTables();
  }

  /** Whether faults are told by gva, and the guest's own faults are found here. */
  public boolean isShadowing() {
    return shadow != null && shadow.isShadowing();
  }

  /** The error code of the guest's fault that a fault or translation has ended in. */
  public long guestFaultCode() {
    return shadow == null ? 0 : shadow.guestFaultCode();
  }

  /**
   * Where the guest's tables are shadowed: translates an address for an access that is emulated,
   * setting A and D as the access does.
   *
   * @return the gpa, or -1 if the guest gets a fault of {@link #guestFaultCode}
   */
  public long translate(Cpu cpu, long address, AccessKind kind, Privilege who) {
    if (shadow == null) {
      return address;
    }
    memslots.enter(cpu);
    try {
      return shadow.translate(cpu, address, kind, who);
    } finally {
      memslots.leave(cpu);
    }
  }

  /**
   * Says that the VMM has written bytes of guest memory for this vCPU, within one page: an emulated
   * write. It may have been to a table of the guest.
   */
  public void written(Cpu cpu, long gpa, int size) {
    markWritten(cpu, gpa >>> 12);
    if (shadow != null) {
      shadow.written(cpu, gpa, size);
    }
    nested.written(cpu, gpa, size);
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

  /** Every root of the shadow MMU that is loaded or kept, in any context: for an audit. */
  void forEachShadowRoot(Consumer<ShadowRoot> taker) {
    if (shadow != null) {
      shadow.roots().forEach(taker);
    }
    nested.forEachRoot(taker);
  }

  /** Gives back what belongs to the vCPU alone. It runs no more, and has no root. */
  void close(Cpu cpu) {
    if (shadow != null) {
      shadow.roots().close(cpu);
    }
    nested.close(cpu);
  }
}
