package dev.gnomon.mmu.root;

import dev.gnomon.mmu.arch.ControlBits;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.PagingFeatures;
import dev.gnomon.mmu.arch.PagingMode;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.shadow.Foundation;
import dev.gnomon.mmu.shadow.GuestFormat;
import dev.gnomon.mmu.shadow.ShadowMmu;
import dev.gnomon.mmu.shadow.ShadowRoot;
import dev.gnomon.mmu.slot.Memslots;
import dev.gnomon.mmu.sync.MmuLock;
import dev.gnomon.mmu.sync.ReadCopyUpdate;
import dev.gnomon.mmu.table.Role;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * The guest's registers, and the roots that follow from them: the door for what the guest does to
 * either. The PDPTEs are registers too: they are read from memory when CR3 is loaded, and not
 * after.
 *
 * <p>Used by the vCPU's CPU only, outside guest mode, not inside a read section of the memslots,
 * without the MMU lock.
 */
public final class ShadowRoots implements TableSource {
  private static final int PCID_MASK = 0xfff;

  private final boolean isTdp;
  private final int tdpRole;
  private final ShadowMmu shadow;
  private final Memslots memslots;
  private final MmuLock mmuLock;
  private final ReadCopyUpdate rcu;
  private final LoadedRoots loaded;
  private final long[] pdptes = new long[ShadowRoot.QUARTERS];

  /** How the guest pages; where its tables are shadowed, CR3 is not what this says, but below. */
  private GuestFormat guest;

  private long cr3;
  private boolean isGuestMode;

  /** How the guest paged last: L1, whose pages are not L2's. */
  private GuestFormat paged;

  private GuestFormat pagedInGuestMode;

  /**
   * Makes one without a root, after reset.
   *
   * @param tdpRole the role of a direct TDP root, or 0 where the guest's tables are shadowed
   */
  public ShadowRoots(
      int vcpu,
      int tdpRole,
      PagingFeatures features,
      SpecialRootsRule specialRoots,
      ShadowMmu shadow,
      Foundation base) {
    this.tdpRole = tdpRole;
    isTdp = tdpRole != 0;
    this.shadow = shadow;
    memslots = base.memslots();
    mmuLock = base.mmuLock();
    rcu = base.rcu();
    guest = new GuestFormat(ControlRegisters.RESET, features);
    paged = guest;
    pagedInGuestMode = guest;
    loaded = new LoadedRoots(vcpu, this, specialRoots, shadow, base);
  }

  @Override
  public GuestFormat guest() {
    return guest;
  }

  @Override
  public int rootRole() {
    if (isTdp) {
      return isGuestMode ? Role.inGuestMode(tdpRole) : tdpRole;
    }
    return guest.rootRole();
  }

  @Override
  public long pgd() {
    return cr3;
  }

  @Override
  public long topTable() {
    return ControlRegisters.topTable(guest.mode(), cr3);
  }

  @Override
  public long[] pdptes() {
    return pdptes;
  }

  /** Whether a root is loaded and in step with what the guest has flushed. */
  public boolean isReady() {
    return loaded.isReady();
  }

  /** The loaded root. */
  public ShadowRoot get() {
    return loaded.get();
  }

  /** Every root, loaded or kept: for an audit. */
  public void forEach(Consumer<ShadowRoot> taker) {
    loaded.forEach(taker);
  }

  /** Whether the processor translates guest-physical addresses by itself. */
  public boolean isTdp() {
    return isTdp;
  }

  /** The VMM has written bytes of guest memory, within one page: perhaps a shadowed table. */
  public void written(Cpu cpu, long gpa, int size) {
    if (!isTdp) {
      locked(cpu, () -> shadow.written(cpu, guest, gpa, size));
    }
  }

  /** Zaps what shadows tables in a page; whether there was anything. */
  public boolean unprotect(Cpu cpu, long gfn) {
    boolean[] hasZapped = new boolean[1];
    locked(cpu, () -> hasZapped[0] = shadow.unprotect(cpu, gfn));
    return hasZapped[0];
  }

  private void locked(Cpu cpu, Runnable change) {
    memslots.enter(cpu);
    mmuLock.writeLock(cpu);
    change.run();
    mmuLock.writeUnlock(cpu);
    memslots.leave(cpu);
    rcu.poll(cpu);
  }

  // --- the guest's registers ---

  /** Says what the processor's CPUID offers of paging. Before it runs. */
  public void setFeatures(Cpu cpu, PagingFeatures features) {
    guest = format(guest.registers(), features);
    loaded.unloadAll(cpu);
  }

  private GuestFormat format(ControlRegisters registers, PagingFeatures features) {
    GuestFormat format = new GuestFormat(registers, features);
    return isGuestMode ? format.inGuestMode() : format;
  }

  /**
   * L1 runs L2 without nested tables, or L2 is left for L1: the registers are the other's, and the
   * roots too. Whatever either has changed in its tables becomes visible.
   */
  public void switchMode(Cpu cpu, ControlRegisters registers, boolean toGuestMode) {
    isGuestMode = toGuestMode;
    cr3 = registers.cr3();
    guest = format(registers, guest.features());
    if (!isTdp) {
      followFormat(cpu);
      if (registers.mode() == PagingMode.PAE && !loadPdptes(cpu, PagingMode.PAE, cr3)) {
        Arrays.fill(pdptes, 0);
      }
    }
    loaded.switchRoot(cpu);
    if (!isTdp) {
      loaded.flushedCurrent();
    }
  }

  /** Loads all registers at once; PDPTEs that are wrong count as not present. */
  public void load(Cpu cpu, ControlRegisters registers) {
    cr3 = registers.cr3();
    guest = format(registers, guest.features());
    if (isTdp) {
      return;
    }
    loaded.unloadAll(cpu);
    followFormat(cpu);
    if (registers.mode() == PagingMode.PAE && !loadPdptes(cpu, PagingMode.PAE, cr3)) {
      Arrays.fill(pdptes, 0);
    }
  }

  /**
   * MOV CR3.
   *
   * @param keepsTranslations what the guest's TLB knows may stay: CR3 bit 63 with PCIDs
   * @return false, and nothing has changed, if a PDPTE has a reserved bit set
   */
  public boolean loadCr3(Cpu cpu, long value, boolean keepsTranslations) {
    boolean isPae = guest.mode() == PagingMode.PAE;
    if (!isTdp && isPae && !loadPdptes(cpu, guest.mode(), value)) {
      return false;
    }
    boolean isOther = value != cr3;
    cr3 = value;
    if (isTdp) {
      guest = format(guest.registers().withCr3(value), guest.features());
      return true;
    }
    if (isOther) {
      loaded.switchRoot(cpu);
    }
    if (!keepsTranslations) {
      flushed(cpu, (int) value & PCID_MASK);
    }
    return true;
  }

  /** MOV CR0, MOV CR4 or WRMSR EFER: drops all roots if pages of another mode are wanted now. */
  public boolean loadModes(Cpu cpu, long cr0, long cr4, long efer) {
    ControlRegisters old = guest.registers();
    ControlRegisters registers = old.withModes(cr0, cr4, efer);
    RegisterChange change = new RegisterChange(old, registers);
    if (!isTdp && change.loadsPdptes() && !loadPdptes(cpu, registers.mode(), cr3)) {
      return false;
    }
    guest = format(registers, guest.features());
    if (isTdp) {
      if (change.changesTdpRole()) {
        loaded.unloadAll(cpu);
      }
      return true;
    }
    if (change.changesRole()) {
      loaded.unloadAll(cpu);
      followFormat(cpu);
      return true;
    }
    if (change.flushesAll()) {
      loaded.flushedAll(cpu);
    }
    return true;
  }

  /** If entries of the guest's tables now mean something else, sees to it that ours do too. */
  private void followFormat(Cpu cpu) {
    if (!guest.registers().isPaging()) {
      return;
    }
    GuestFormat last = isGuestMode ? pagedInGuestMode : paged;
    if (isGuestMode) {
      pagedInGuestMode = guest;
    } else {
      paged = guest;
    }
    if (new RegisterChange(last.registers(), guest.registers()).changesEntries()) {
      locked(cpu, () -> shadow.changeFormat(cpu, guest));
    }
  }

  /**
   * Reads the PDPTEs, and takes them if none has a reserved bit set. If they are others now, the
   * loaded root, which was made of the old ones, goes. Before the MMU lock.
   */
  private boolean loadPdptes(Cpu cpu, PagingMode mode, long ofCr3) {
    long first = ControlRegisters.topTable(mode, ofCr3);
    long[] read = new long[pdptes.length];
    memslots.enter(cpu);
    for (int i = 0; i < read.length; i++) {
      read[i] = shadow.readGuest(cpu, first + 8L * i);
    }
    memslots.leave(cpu);
    for (long pdpte : read) {
      if ((pdpte & GuestEntry.PRESENT) != 0 && guest.isReservedPdpte(pdpte)) {
        return false;
      }
    }
    if (!Arrays.equals(read, pdptes)) {
      loaded.releaseCurrent(cpu);
      System.arraycopy(read, 0, pdptes, 0, read.length);
    }
    return true;
  }

  // --- invalidations by the guest ---

  /** INVLPG, or its like for one address. */
  public void invalidateAddress(Cpu cpu, long address) {
    if (!isTdp) {
      loaded.invalidateAddress(cpu, address);
    }
  }

  /** INVPCID of one address: only what is of that PCID. */
  public void invalidateAddress(Cpu cpu, int pcid, long address) {
    if (!isTdp) {
      boolean hasPcids = (guest.registers().cr4() & ControlBits.CR4_PCIDE) != 0;
      int mask = hasPcids ? PCID_MASK : 0;
      loaded.invalidateAddress(cpu, address, root -> (root.pgd() & mask) == pcid);
    }
  }

  /** All translations of a PCID are flushed. */
  public void flushed(Cpu cpu, int pcid) {
    boolean hasPcids = (guest.registers().cr4() & ControlBits.CR4_PCIDE) != 0;
    if (!hasPcids || (cr3 & PCID_MASK) == pcid) {
      loaded.flushedCurrent();
    }
    if (hasPcids) {
      loaded.flushedKept(cpu, pcid);
    }
  }

  /** All translations are flushed. */
  public void flushedAll(Cpu cpu) {
    loaded.flushedAll(cpu);
  }

  // --- loading and dropping ---

  /** As {@link LoadedRoots#load}. */
  public void load(Cpu cpu) {
    loaded.load(cpu);
  }

  /** As {@link LoadedRoots#dropObsolete}. */
  public void dropObsolete(Cpu cpu) {
    loaded.dropObsolete(cpu);
  }

  /** The roots themselves. */
  public LoadedRoots loaded() {
    return loaded;
  }

  /** Drops all roots. */
  public void unloadAll(Cpu cpu) {
    loaded.unloadAll(cpu);
  }

  /** Gives the vCPU's own frames back. All roots are dropped, and the vCPU runs no more. */
  public void close(Cpu cpu) {
    loaded.close(cpu);
  }
}
