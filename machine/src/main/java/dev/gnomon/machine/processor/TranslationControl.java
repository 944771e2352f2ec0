package dev.gnomon.machine.processor;

import static dev.gnomon.mmu.arch.ControlBits.CR0_CD;
import static dev.gnomon.mmu.arch.ControlBits.CR0_NW;
import static dev.gnomon.mmu.arch.ControlBits.CR0_PG;
import static dev.gnomon.mmu.arch.ControlBits.CR3_NO_FLUSH;
import static dev.gnomon.mmu.arch.ControlBits.CR4_LA57;
import static dev.gnomon.mmu.arch.ControlBits.CR4_PAE;
import static dev.gnomon.mmu.arch.ControlBits.CR4_PCIDE;
import static dev.gnomon.mmu.arch.ControlBits.CR4_PGE;
import static dev.gnomon.mmu.arch.ControlBits.CR4_PSE;
import static dev.gnomon.mmu.arch.ControlBits.CR4_SMEP;
import static dev.gnomon.mmu.arch.ControlBits.EFER_LMA;
import static dev.gnomon.mmu.arch.ControlBits.EFER_NXE;

import dev.gnomon.mmu.VcpuMmu;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.PagingFeatures;
import dev.gnomon.mmu.arch.PagingMode;
import dev.gnomon.mmu.arch.Privilege;
import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.config.Statistics;
import java.util.function.BooleanSupplier;

/**
 * What a guest does to how its addresses are translated: loads of the registers that decide it, and
 * invalidations.
 *
 * <p>The TLB has no tags of PCIDs: it holds what the current one has cached, and what is global. So
 * every load of CR3 drops all that is not global, and other PCIDs have nothing to invalidate. More
 * is dropped than the manuals ask for, which they allow at any time: Intel SDM vol. 3A, 4.10.4.
 */
public final class TranslationControl {

  /** A change of these in CR0 or CR4 makes the processor load the PDPTEs. SDM vol. 3A, 4.4.1. */
  private static final long PDPTE_CR0 = CR0_CD | CR0_NW | CR0_PG;

  private static final long PDPTE_CR4 = CR4_PAE | CR4_PGE | CR4_PSE | CR4_SMEP;

  /** A change of these flushes, global translations too: more than 4.10.4.1 asks for. */
  private static final long FLUSH_CR4 =
      CR4_PAE | CR4_PGE | CR4_PSE | CR4_LA57 | CR4_PCIDE | CR4_SMEP;

  private static final long FLUSH_EFER = EFER_NXE | EFER_LMA;

  private final Vcpu vcpu;
  private final Translator translator;
  private final SlowAccess slow;
  private final GuestMode guestMode;
  private final VcpuMmu mmu;
  private final ProcessorModel model;
  private final Statistics statistics;

  /** Those of the last load; CPL and AC are the vCPU's. */
  private ControlRegisters registers = ControlRegisters.RESET;

  private final long[] pdptes = new long[GuestPaging.PDPTES];
  private boolean isInGuest;
  private boolean owesPdptes;

  TranslationControl(
      Vcpu vcpu,
      Translator translator,
      SlowAccess slow,
      GuestMode guestMode,
      VcpuMmu mmu,
      ProcessorModel model,
      Statistics statistics) {
    this.vcpu = vcpu;
    this.translator = translator;
    this.slow = slow;
    this.guestMode = guestMode;
    this.mmu = mmu;
    this.model = model;
    this.statistics = statistics;
  }

  /** The registers. */
  ControlRegisters registers() {
    boolean isUser = vcpu.privilege() == Privilege.USER;
    if (registers.isUser() != isUser || registers.isAlignmentCheck() != vcpu.isAlignmentCheck()) {
      registers = registers.withPrivilege(isUser, vcpu.isAlignmentCheck());
    }
    return registers;
  }

  /** The vCPU has entered the guest: what must be read from its memory can be. */
  void entered() {
    isInGuest = true;
    payPdptes();
  }

  /** The vCPU leaves the guest for long. */
  void left() {
    isInGuest = false;
  }

  /** Says what the processor's CPUID offers of paging. Before it runs. */
  public void setPagingFeatures(PagingFeatures features) {
    translator.paging().setFeatures(features);
    translator.dropGuest();
    tell(() -> mmu.setPagingFeatures(vcpu.cpu(), features));
  }

  /**
   * Loads all registers at once, dropping every cached translation of the guest's. PDPTEs are read
   * when the guest is next entered, if it is not in it; bad ones count as not present.
   */
  public void load(ControlRegisters value) {
    install(value);
    translator.dropGuest();
    outside(() -> mmu.loadRegisters(vcpu.cpu(), value));
    owesPdptes = loadsPdptes(value);
    if (isInGuest) {
      payPdptes();
    }
  }

  /**
   * Goes from L1 to L2, or back: all registers are others, and so is what the MMU translates by. No
   * translation stays: the TLB has no tags.
   *
   * @param change what the MMU is told
   * @param writesTables whether each access to a guest table is a write, for the tables below
   */
  void switchTo(ControlRegisters next, Runnable change, BooleanSupplier writesTables) {
    boolean wasInGuest = isInGuest;
    if (wasInGuest) {
      guestMode.leave();
    }
    change.run();
    install(next);
    translator.switched(writesTables.getAsBoolean());
    if (wasInGuest) {
      guestMode.enter();
    }
    owesPdptes = loadsPdptes(next);
    if (isInGuest) {
      payPdptes();
    }
  }

  /** The four PDPTEs of PAE paging, as they were loaded: not a copy. */
  long[] pdptes() {
    return translator.paging().pdptes();
  }

  /** Whether each access to a table of L1's is a write, for the MMU's tables. */
  boolean writesTables() {
    return translator.writesTables();
  }

  /** Tells the MMU something, outside the guest. */
  void tell(Runnable message) {
    boolean wasInGuest = isInGuest;
    if (wasInGuest) {
      guestMode.leave();
    }
    message.run();
    if (wasInGuest) {
      guestMode.enter();
    }
  }

  /**
   * MOV CR3: switches address spaces; global translations stay. With CR4.PCIDE, bit 63 of the
   * operand allows to keep what is cached of the PCID; this processor, whose TLB has no tags, drops
   * it all the same.
   *
   * @return false, and nothing has changed, if a PDPTE has a reserved bit set: #GP
   */
  public boolean loadCr3(long operand) {
    boolean hasHint = (registers.cr4() & CR4_PCIDE) != 0;
    ControlRegisters next = registers().withCr3(hasHint ? operand & ~CR3_NO_FLUSH : operand);
    if (loadsPdptes(next) && !arePdptesLoaded(next)) {
      return false;
    }
    boolean keeps = hasHint && (operand & CR3_NO_FLUSH) != 0;
    if (!isDoneOutside(() -> mmu.loadCr3(vcpu.cpu(), next.cr3(), keeps))) {
      return false;
    }
    registers = next;
    translator.loadCr3(next);
    translator.dropNonGlobal();
    if (!keeps) {
      countFlush();
    }
    return true;
  }

  /**
   * MOV CR0, MOV CR4, WRMSR EFER, or a switch of modes that changes several: with the flushes and
   * the loads of PDPTEs that come with it. Whether the values are legal is the caller's business.
   *
   * @return false, and nothing has changed, if a PDPTE has a reserved bit set: #GP
   */
  public boolean loadModes(long cr0, long cr4, long efer) {
    long changed0 = cr0 ^ registers.cr0();
    long changed4 = cr4 ^ registers.cr4();
    long changedEfer = efer ^ registers.efer();
    ControlRegisters next = registers().withModes(cr0, cr4, efer);
    boolean isLoad =
        loadsPdptes(next)
            && ((changed0 & PDPTE_CR0) != 0
                || (changed4 & PDPTE_CR4) != 0
                || !loadsPdptes(registers));
    if (isLoad && !arePdptesLoaded(next)) {
      return false;
    }
    if (!isDoneOutside(() -> mmu.loadModes(vcpu.cpu(), cr0, cr4, efer))) {
      return false;
    }
    install(next);
    if ((changed0 & CR0_PG) != 0
        || (changed4 & FLUSH_CR4) != 0
        || (changedEfer & FLUSH_EFER) != 0) {
      translator.dropGuest();
      countFlush();
    }
    return true;
  }

  /** A flush that the guest asks for is counted where the MMU sees it, and makes it. */
  private void countFlush() {
    if (mmu.followsRegisters()) {
      statistics.count(vcpu.cpu(), Stat.TLB_FLUSH);
    }
  }

  /** WRPKRU. */
  public void setPkru(int pkru) {
    install(registers().withPkru(pkru));
  }

  /** Takes over registers, at the privilege that they say. */
  private void install(ControlRegisters value) {
    registers = value;
    translator.load(value);
    vcpu.setPrivilege(value.isUser(), value.isAlignmentCheck());
  }

  /** Whether PAE paging is on, and its PDPTEs are registers. */
  private boolean loadsPdptes(ControlRegisters value) {
    return !model.walksPdptes() && !mmu.isShadowing() && value.mode() == PagingMode.PAE;
  }

  private boolean arePdptesLoaded(ControlRegisters next) {
    slow.readPdptes(next.topTable(), pdptes);
    for (long pdpte : pdptes) {
      if ((pdpte & GuestEntry.PRESENT) != 0 && translator.paging().isReservedPdpte(pdpte)) {
        return false;
      }
    }
    translator.paging().loadPdptes(pdptes);
    return true;
  }

  private void payPdptes() {
    if (owesPdptes) {
      owesPdptes = false;
      if (!arePdptesLoaded(registers)) {
        translator.paging().loadPdptes(new long[GuestPaging.PDPTES]);
      }
    }
  }

  /** Has the MMU do something, where it is to see it: such instructions leave the guest. */
  private void outside(Runnable action) {
    isDoneOutside(
        () -> {
          action.run();
          return true;
        });
  }

  private boolean isDoneOutside(BooleanSupplier action) {
    if (!mmu.followsRegisters()) {
      return true;
    }
    boolean wasInGuest = isInGuest;
    if (wasInGuest) {
      guestMode.leave();
    }
    boolean isDone = action.getAsBoolean();
    if (wasInGuest) {
      guestMode.enter();
    }
    return isDone;
  }

  // --- invalidations by the guest ---

  /** INVLPG: drops the translation of one address. */
  public void invlpg(long gva) {
    statistics.count(vcpu.cpu(), Stat.INVLPG);
    translator.dropPage(gva);
    outside(() -> mmu.invalidateAddress(vcpu.cpu(), gva));
  }

  /** INVPCID type 0: drops one address of a PCID. The TLB never holds others than the current. */
  public void invpcidAddress(long pcid, long gva) {
    statistics.count(vcpu.cpu(), Stat.INVLPG);
    if (isCurrent(pcid)) {
      translator.dropPage(gva);
    }
    outside(() -> mmu.invalidateAddress(vcpu.cpu(), (int) pcid, gva));
  }

  /** INVPCID type 1: drops all of a PCID but what is global. */
  public void invpcidContext(long pcid) {
    if (isCurrent(pcid)) {
      translator.dropNonGlobal();
      countFlush();
    }
    outside(() -> mmu.flushedContext(vcpu.cpu(), (int) pcid));
  }

  /** INVPCID type 2: drops all, global translations too. */
  public void invpcidAll() {
    translator.dropGuest();
    countFlush();
    outside(() -> mmu.flushedAll(vcpu.cpu()));
  }

  /** INVPCID type 3: drops all but what is global. */
  public void invpcidAllButGlobal() {
    translator.dropNonGlobal();
    countFlush();
    outside(() -> mmu.flushedAll(vcpu.cpu()));
  }

  private boolean isCurrent(long pcid) {
    long current = (registers.cr4() & CR4_PCIDE) == 0 ? 0 : registers.cr3() & 0xfff;
    return pcid == current;
  }
}
