package dev.gnomon.mmu.root;

import dev.gnomon.mmu.arch.ControlBits;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.PagingFeatures;
import dev.gnomon.mmu.arch.PagingMode;
import dev.gnomon.mmu.event.Tracepoints;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.Frames;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.shadow.Foundation;
import dev.gnomon.mmu.shadow.GuestFormat;
import dev.gnomon.mmu.shadow.MmuPage;
import dev.gnomon.mmu.shadow.ShadowMmu;
import dev.gnomon.mmu.shadow.ShadowRoot;
import dev.gnomon.mmu.slot.Memslots;
import dev.gnomon.mmu.sync.MmuLock;
import dev.gnomon.mmu.sync.ReadCopyUpdate;
import dev.gnomon.mmu.table.Role;
import dev.gnomon.mmu.table.TableFrames;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The roots of one vCPU in the shadow MMU, and the guest registers that they follow from.
 *
 * <p>A root that is four entries (PAE) lives in a frame of the vCPU's own: it belongs to the vCPU,
 * not to a translation, and loading another overwrites it. So it is never kept for later.
 *
 * <p>Used by that vCPU's CPU only, outside guest mode, not inside a read section of the memslots,
 * without the MMU lock.
 */
public final class ShadowRoots {
  /** What the page tables of a guest depend on, in CR0, CR4 and EFER. */
  private static final long ROLE_CR0 = ControlBits.CR0_PG | ControlBits.CR0_WP;

  private static final long ROLE_CR4 =
      ControlBits.CR4_PSE
          | ControlBits.CR4_PAE
          | ControlBits.CR4_LA57
          | ControlBits.CR4_SMEP
          | ControlBits.CR4_SMAP
          | ControlBits.CR4_PKE;

  private static final long ROLE_EFER =
      ControlBits.EFER_LME | ControlBits.EFER_LMA | ControlBits.EFER_NXE;

  /** A change of these makes the processor load the PDPTEs. Intel SDM vol. 3A, 4.4.1. */
  private static final long PDPTE_CR0 =
      ControlBits.CR0_CD | ControlBits.CR0_NW | ControlBits.CR0_PG;

  private static final long PDPTE_CR4 =
      ControlBits.CR4_PAE | ControlBits.CR4_PGE | ControlBits.CR4_PSE | ControlBits.CR4_SMEP;

  private static final int PCID_MASK = 0xfff;
  private static final long PRESENT = 1;

  private final int vcpu;
  private final boolean isTdp;
  private final int tdpRole;
  private final ShadowMmu shadow;
  private final Memslots memslots;
  private final MmuLock mmuLock;
  private final ReadCopyUpdate rcu;
  private final TableFrames tableFrames;
  private final Frames frames;
  private final PhysicalMemory memory;
  private final Tracepoints trace;
  private final RootCache cache = new RootCache();
  private final long[] pdptes = new long[ShadowRoot.QUARTERS];
  private GuestFormat guest;

  /** How the guest paged last. */
  private GuestFormat paged;

  private long paeFrame = -1;
  private boolean owesSync;

  /**
   * Makes one without a root, after reset.
   *
   * @param tdpRole the role of a direct TDP root, or 0 where the guest's tables are shadowed
   */
  public ShadowRoots(
      int vcpu, int tdpRole, PagingFeatures features, ShadowMmu shadow, Foundation base) {
    this.vcpu = vcpu;
    this.tdpRole = tdpRole;
    isTdp = tdpRole != 0;
    this.shadow = shadow;
    memslots = base.memslots();
    mmuLock = base.mmuLock();
    rcu = base.rcu();
    tableFrames = base.tableFrames();
    frames = base.platform().frames();
    memory = base.platform().memory();
    trace = base.trace();
    guest = new GuestFormat(ControlRegisters.RESET, features);
    paged = guest;
  }

  /** How the guest pages. */
  public GuestFormat guest() {
    return guest;
  }

  /** The guest's PDPTEs, as they were loaded. */
  public long[] pdptes() {
    return pdptes;
  }

  /** The gpa of the guest's top table. */
  public long topTable() {
    return guest.registers().topTable();
  }

  /** Whether a root is loaded and in step with what the guest has flushed. */
  public boolean isReady() {
    return cache.current() != null && !owesSync;
  }

  /** The loaded root. */
  public ShadowRoot get() {
    ShadowRoot root = cache.current();
    if (root == null) {
      throw new IllegalStateException("no root is loaded");
    }
    return root;
  }

  private int role() {
    return isTdp ? tdpRole : guest.rootRole();
  }

  /** Whether the processor translates guest-physical addresses by itself. */
  public boolean isTdp() {
    return isTdp;
  }

  /** The VMM has written bytes of guest memory, within one page: perhaps a shadowed table. */
  public void written(Cpu cpu, long gpa, int size) {
    if (isTdp) {
      return;
    }
    memslots.enter(cpu);
    mmuLock.writeLock(cpu);
    shadow.written(cpu, gpa, size);
    mmuLock.writeUnlock(cpu);
    memslots.leave(cpu);
    rcu.poll(cpu);
  }

  // --- the guest's registers ---

  /** Says what the processor's CPUID offers of paging. Before it runs. */
  public void setFeatures(Cpu cpu, PagingFeatures features) {
    guest = new GuestFormat(guest.registers(), features);
    unloadAll(cpu);
  }

  /** Loads all registers at once; PDPTEs that are wrong count as not present. */
  public void load(Cpu cpu, ControlRegisters registers) {
    guest = new GuestFormat(registers, guest.features());
    if (isTdp) {
      return;
    }
    unloadAll(cpu);
    followFormat(cpu);
    if (registers.mode() == PagingMode.PAE && !loadPdptes(cpu, registers)) {
      Arrays.fill(pdptes, 0);
    }
  }

  /**
   * MOV CR3.
   *
   * @param keepsTranslations what the guest's TLB knows may stay: CR3 bit 63 with PCIDs
   * @return false, and nothing has changed, if a PDPTE has a reserved bit set
   */
  public boolean loadCr3(Cpu cpu, long cr3, boolean keepsTranslations) {
    long old = guest.registers().cr3();
    ControlRegisters registers = guest.registers().withCr3(cr3);
    boolean isPae = registers.mode() == PagingMode.PAE;
    if (!isTdp && isPae) {
      if (!loadPdptes(cpu, registers)) {
        return false;
      }
      releaseCurrent(cpu);
    }
    guest = new GuestFormat(registers, guest.features());
    if (isTdp) {
      return true;
    }
    if (cr3 != old || isPae) {
      switchRoot(cpu);
    }
    if (!keepsTranslations) {
      flushed(cpu, (int) cr3 & PCID_MASK);
    }
    return true;
  }

  /** MOV CR0, MOV CR4 or WRMSR EFER: drops all roots if pages of another mode are wanted now. */
  public boolean loadModes(Cpu cpu, long cr0, long cr4, long efer) {
    ControlRegisters old = guest.registers();
    ControlRegisters registers = old.withModes(cr0, cr4, efer);
    boolean loadsPdptes =
        registers.mode() == PagingMode.PAE
            && (old.mode() != PagingMode.PAE
                || ((cr0 ^ old.cr0()) & PDPTE_CR0) != 0
                || ((cr4 ^ old.cr4()) & PDPTE_CR4) != 0);
    if (!isTdp && loadsPdptes && !loadPdptes(cpu, registers)) {
      return false;
    }
    guest = new GuestFormat(registers, guest.features());
    boolean isOther =
        ((cr0 ^ old.cr0()) & ROLE_CR0) != 0
            || ((cr4 ^ old.cr4()) & ROLE_CR4) != 0
            || ((efer ^ old.efer()) & ROLE_EFER) != 0;
    if (isTdp) {
      return true;
    }
    if (loadsPdptes && !isOther) {
      // The root's four entries were made of the old ones.
      releaseCurrent(cpu);
    }
    if (isOther) {
      unloadAll(cpu);
      followFormat(cpu);
    } else if (((cr4 ^ old.cr4()) & (ControlBits.CR4_PGE | ControlBits.CR4_PCIDE)) != 0) {
      flushedAll(cpu);
    }
    return true;
  }

  /** If entries of the guest's tables now mean something else, sees to it that ours do too. */
  private void followFormat(Cpu cpu) {
    if (!guest.registers().isPaging()) {
      return;
    }
    ControlRegisters old = paged.registers();
    ControlRegisters now = guest.registers();
    boolean isSame =
        old.mode() == now.mode()
            && ((old.cr4() ^ now.cr4()) & ControlBits.CR4_PSE) == 0
            && ((old.efer() ^ now.efer()) & ControlBits.EFER_NXE) == 0;
    paged = guest;
    if (isSame) {
      return;
    }
    memslots.enter(cpu);
    mmuLock.writeLock(cpu);
    shadow.changeFormat(cpu, guest);
    mmuLock.writeUnlock(cpu);
    memslots.leave(cpu);
    rcu.poll(cpu);
  }

  private boolean loadPdptes(Cpu cpu, ControlRegisters registers) {
    long[] read = new long[pdptes.length];
    memslots.enter(cpu);
    for (int i = 0; i < read.length; i++) {
      read[i] = shadow.readGuest(cpu, registers.topTable() + 8L * i);
    }
    memslots.leave(cpu);
    for (long pdpte : read) {
      if ((pdpte & GuestEntry.PRESENT) != 0 && guest.isReservedPdpte(pdpte)) {
        return false;
      }
    }
    System.arraycopy(read, 0, pdptes, 0, read.length);
    return true;
  }

  private void switchRoot(Cpu cpu) {
    ShadowRoot current = cache.current();
    if (current != null && !current.isOrdinary()) {
      releaseCurrent(cpu);
    }
    boolean isFound = cache.find(guest.registers().cr3(), role());
    ShadowRoot now = cache.current();
    if (now == null) {
      return;
    }
    mmuLock.writeLock(cpu);
    boolean isUsable = isFound && !shadow.isObsolete(now);
    MmuPage page = now.page();
    if (isUsable && page != null) {
      ShadowMmu.used(page);
    }
    mmuLock.writeUnlock(cpu);
    if (!isUsable) {
      releaseCurrent(cpu);
    }
  }

  // --- invalidations by the guest ---

  /** INVLPG, or its like for one address. */
  public void invalidateAddress(Cpu cpu, long address) {
    if (isTdp || role() == 0 || Role.isDirect(role())) {
      return;
    }
    memslots.enter(cpu);
    mmuLock.writeLock(cpu);
    syncAddress(cpu, cache.current(), address);
    for (int i = 0; i < RootCache.PREVIOUS; i++) {
      syncAddress(cpu, cache.previous(i), address);
    }
    mmuLock.writeUnlock(cpu);
    memslots.leave(cpu);
    rcu.poll(cpu);
  }

  private void syncAddress(Cpu cpu, @Nullable ShadowRoot root, long address) {
    if (root != null && !shadow.isObsolete(root)) {
      shadow.syncAddress(cpu, guest, root, address);
    }
  }

  /** All translations of a PCID are flushed. */
  public void flushed(Cpu cpu, int pcid) {
    boolean hasPcids = (guest.registers().cr4() & ControlBits.CR4_PCIDE) != 0;
    if (!hasPcids || (guest.registers().cr3() & PCID_MASK) == pcid) {
      owesSync = true;
    }
    for (int i = 0; hasPcids && i < RootCache.PREVIOUS; i++) {
      ShadowRoot previous = cache.previous(i);
      if (previous != null && (previous.pgd() & PCID_MASK) == pcid) {
        release(cpu, cache.takePrevious(i));
      }
    }
  }

  /** All translations are flushed. */
  public void flushedAll(Cpu cpu) {
    owesSync = true;
    for (int i = 0; i < RootCache.PREVIOUS; i++) {
      ShadowRoot previous = cache.previous(i);
      if (previous != null && ShadowMmu.hasUnsync(previous)) {
        release(cpu, cache.takePrevious(i));
      }
    }
  }

  // --- loading and dropping ---

  /**
   * Brings the loaded root into step with what the guest has flushed; loads one if there is none.
   * The vCPU must flush its TLB before it enters the guest.
   */
  public void load(Cpu cpu) {
    boolean isNew = cache.current() == null;
    if (isNew) {
      tableFrames.topUp(cpu);
      preparePaeFrame(cpu);
    }
    memslots.enter(cpu);
    mmuLock.writeLock(cpu);
    if (isNew) {
      shadow.makeRoom(cpu);
      ShadowRoot made = make(cpu);
      cache.setCurrent(made);
      trace.rootLoad(cpu, vcpu, made.hpa(), made.role());
    }
    ShadowRoot root = get();
    if (!root.isDirect() && ShadowMmu.hasUnsync(root)) {
      shadow.syncRoot(cpu, guest, root);
    }
    owesSync = false;
    mmuLock.writeUnlock(cpu);
    memslots.leave(cpu);
    rcu.poll(cpu);
  }

  private void preparePaeFrame(Cpu cpu) {
    if (paeFrame < 0) {
      paeFrame = frames.allocateBelow4G(cpu);
    }
  }

  private ShadowRoot make(Cpu cpu) {
    int role = role();
    boolean isPae = ShadowMmu.isPae(role);
    if (Role.isDirect(role)) {
      return isPae ? makeQuarters(cpu, role, 0) : ordinary(cpu, role, 0, 0);
    }
    long pgd = guest.registers().cr3();
    long top = topTable();
    boolean isVisible = shadow.isVisible(top);
    if (!isVisible && !isPae) {
      // Nothing is walked to: the guest faults at its own root.
      memory.fill(paeFrame, 0);
      return ShadowRoot.dummy(pgd, role, PhysicalMemory.hpa(paeFrame));
    }
    return isPae ? makeQuarters(cpu, role, pgd) : ordinary(cpu, role, pgd, top >>> 12);
  }

  private ShadowRoot ordinary(Cpu cpu, int role, long pgd, long gfn) {
    return ShadowRoot.of(pgd, role, shadow.acquireRoot(cpu, guest, gfn, role));
  }

  private ShadowRoot makeQuarters(Cpu cpu, int role, long pgd) {
    @Nullable MmuPage[] quarters = new MmuPage[ShadowRoot.QUARTERS];
    boolean isDirect = Role.isDirect(role);
    boolean isTwoLevel = !isDirect && Role.hasFourByteEntries(role);
    memory.fill(paeFrame, 0);
    for (int i = 0; i < quarters.length; i++) {
      long gpa = isTwoLevel ? topTable() : GuestEntry.address(pdptes[i]);
      boolean isThere =
          isDirect
              || ((isTwoLevel || (pdptes[i] & GuestEntry.PRESENT) != 0) && shadow.isVisible(gpa));
      if (isThere) {
        long gfn = isDirect ? (long) i << 30 - PhysicalMemory.FRAME_SHIFT : gpa >>> 12;
        int quarterRole = Role.ofQuarter(role, 2, isTwoLevel ? i : 0);
        MmuPage page = shadow.acquireRoot(cpu, guest, gfn, quarterRole);
        quarters[i] = page;
        memory.setLong(PhysicalMemory.hpa(paeFrame) + 8L * i, page.sptep(0) | PRESENT);
      }
    }
    return ShadowRoot.ofQuarters(pgd, role, PhysicalMemory.hpa(paeFrame), quarters);
  }

  /** Drops what has become obsolete. A root of four entries is dropped in any case. */
  public void dropObsolete(Cpu cpu) {
    mmuLock.writeLock(cpu);
    boolean[] drops = new boolean[RootCache.PREVIOUS];
    for (int i = 0; i < drops.length; i++) {
      ShadowRoot previous = cache.previous(i);
      drops[i] = previous != null && shadow.isObsolete(previous);
    }
    ShadowRoot current = cache.current();
    boolean dropsCurrent = current != null && (!current.isOrdinary() || shadow.isObsolete(current));
    mmuLock.writeUnlock(cpu);
    for (int i = 0; i < drops.length; i++) {
      if (drops[i]) {
        release(cpu, cache.takePrevious(i));
      }
    }
    if (dropsCurrent) {
      releaseCurrent(cpu);
    }
  }

  /** Drops all roots. */
  public void unloadAll(Cpu cpu) {
    for (int i = 0; i < RootCache.PREVIOUS; i++) {
      release(cpu, cache.takePrevious(i));
    }
    releaseCurrent(cpu);
  }

  private void releaseCurrent(Cpu cpu) {
    release(cpu, cache.takeCurrent());
  }

  private void release(Cpu cpu, @Nullable ShadowRoot root) {
    if (root == null) {
      return;
    }
    memslots.enter(cpu);
    mmuLock.writeLock(cpu);
    shadow.releaseRoot(cpu, root);
    mmuLock.writeUnlock(cpu);
    memslots.leave(cpu);
    rcu.poll(cpu);
  }

  /** Gives the vCPU's own frame back. All roots are dropped, and the vCPU runs no more. */
  public void close(Cpu cpu) {
    if (paeFrame >= 0) {
      frames.free(cpu, paeFrame);
      paeFrame = -1;
    }
  }
}
