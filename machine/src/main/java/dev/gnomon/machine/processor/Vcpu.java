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

import dev.gnomon.mmu.Mmu;
import dev.gnomon.mmu.VcpuMmu;
import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.PagingFeatures;
import dev.gnomon.mmu.arch.PagingMode;
import dev.gnomon.mmu.arch.Privilege;
import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.config.Statistics;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;
import java.util.ArrayList;
import java.util.List;

/**
 * A vCPU: guest code calls its accesses, and it leaves and enters the guest as they demand.
 *
 * <p>Before each access it looks for requests; that is where an interrupt would be taken. So a
 * flusher that waits until this vCPU has left guest mode knows that every access through an old
 * translation is done.
 *
 * <p>An access that crosses pages, or is not aligned, is made of smaller ones; only an aligned one,
 * and a {@link LockedAccess}, is atomic. A write that crosses pages looks first whether both may be
 * written. The guest's {@link PageFaultHandler} may throw out of any access. Used by one CPU at a
 * time.
 */
public final class Vcpu {
  private static final long PAGE_OFFSET = PhysicalMemory.FRAME_SIZE - 1;

  /** A change of these in CR0 or CR4 makes the processor load the PDPTEs. SDM vol. 3A, 4.4.1. */
  private static final long PDPTE_CR0 = CR0_CD | CR0_NW | CR0_PG;

  private static final long PDPTE_CR4 = CR4_PAE | CR4_PGE | CR4_PSE | CR4_SMEP;

  /** A change of these flushes, global translations too: more than 4.10.4.1 asks for. */
  private static final long FLUSH_CR4 =
      CR4_PAE | CR4_PGE | CR4_PSE | CR4_LA57 | CR4_PCIDE | CR4_SMEP;

  private static final long FLUSH_EFER = EFER_NXE | EFER_LMA;

  private final int index;
  private final int vcpus;
  private final int physicalAddressBits;
  private final Cpu cpu;
  private final PhysicalMemory memory;
  private final SharedWords requests;
  private final VcpuMmu mmu;
  private final Statistics statistics;
  private final PageFaultHandler faultHandler;
  private final Translator translator;
  private final GuestMode guestMode;
  private final SlowAccess slow;
  private final LockedAccess locked;
  private final ProcessorModel model;
  private final Platform platform;

  private ControlRegisters registers = ControlRegisters.RESET;
  private Privilege privilege = Privilege.SUPERVISOR;
  private boolean isAlignmentCheck;

  /** The TLB's first level for the privilege that guest code has. */
  private long[] firstLevel;

  /** That for what the processor does by itself. */
  private final long[] systemLevel;

  private final long[] pdptes = new long[GuestPaging.PDPTES];
  private boolean isInGuest;
  private boolean owesPdptes;

  /** Makes one, outside the guest. */
  public Vcpu(
      int index,
      Cpu cpu,
      Platform platform,
      Mmu vmMmu,
      TlbConfig tlbConfig,
      ProcessorModel model,
      Vmm vmm,
      PageFaultHandler faultHandler) {
    this.index = index;
    vcpus = vmMmu.config().vcpus();
    physicalAddressBits = vmMmu.format().physicalAddressBits();
    this.cpu = cpu;
    this.faultHandler = faultHandler;
    this.model = model;
    this.platform = platform;
    memory = platform.memory();
    mmu = vmMmu.vcpu(index);
    statistics = vmMmu.statistics();
    translator =
        new Translator(
            cpu,
            memory.ofPageWalks(),
            vmMmu.format(),
            mmu,
            vmMmu.config().levels(),
            tlbConfig,
            model);
    firstLevel = translator.firstLevel(privilege);
    systemLevel = translator.firstLevel(Privilege.SUPERVISOR);
    guestMode =
        new GuestMode(
            index,
            cpu,
            platform,
            vmMmu.rendezvous(),
            vmMmu.exclusion(),
            mmu,
            statistics,
            translator,
            model);
    requests = guestMode.requests();
    slow = new SlowAccess(cpu, mmu, vmm, statistics, translator, guestMode, this::deliverPageFault);
    locked = new LockedAccess(this, memory, slow);
  }

  /** What it does where processors have a choice. */
  public ProcessorModel model() {
    return model;
  }

  /** MFENCE: what it has stored is in memory before what it loads next. */
  public void fence() {
    platform.fullFence();
  }

  /** Its number. */
  public int index() {
    return index;
  }

  /** How many vCPUs its VM has. */
  public int vcpus() {
    return vcpus;
  }

  /** The host's MAXPHYADDR: no gpa has more bits. */
  public int physicalAddressBits() {
    return physicalAddressBits;
  }

  /** The CPU that runs it. */
  public Cpu cpu() {
    return cpu;
  }

  // --- guest mode ---

  /** Enters the guest: nothing but guest code until {@link #leaveGuest}. */
  public void enterGuest() {
    guestMode.enter();
    isInGuest = true;
    payPdptes();
  }

  /** Leaves the guest, for whatever reason. */
  public void leaveGuest() {
    isInGuest = false;
    guestMode.leave();
  }

  /** Drops the root, when the vCPU is to run no more. Outside the guest. */
  public void shutDown() {
    mmu.unloadRoot(cpu);
  }

  /**
   * Whether the VMM wants the vCPU to stay out of the guest. Guest code looks at this where it can
   * be interrupted for long.
   */
  public boolean isPauseRequested() {
    return guestMode.isPauseRequested();
  }

  /** The VMM lets it go on. */
  public void resume() {
    guestMode.resume();
  }

  /** Handles requests outside guest mode, where the vCPU has nothing to run. */
  public void lookAtRequests() {
    guestMode.handleRequests();
  }

  // --- for one who executes instructions, and looks for requests between them ---

  /** The memory that hpas are of. */
  public PhysicalMemory memory() {
    return memory;
  }

  /** Whether there is something to see to between instructions: {@link #takeRequests}. */
  public boolean isInterrupted() {
    return requests.get(0) != 0 || guestMode.hasNews();
  }

  /** Leaves the guest for requests, if there are any, and enters it again. */
  public void takeRequests() {
    poll();
  }

  /** Waits outside guest mode until there is a request, and handles it: a halted vCPU. */
  public void awaitRequest() {
    guestMode.awaitRequest();
  }

  /** Whether an event for the guest was announced since the last call. */
  public boolean takeEvent() {
    return guestMode.takeEvent();
  }

  /** How often the vCPU has left the guest: an hpa is good until then. */
  public long exits() {
    return guestMode.exits();
  }

  /** Is alone in the guest until {@link #endExclusion}; on the way it leaves and enters it. */
  public void beginExclusion() {
    guestMode.beginExclusion();
  }

  /** Lets the other vCPUs into the guest again. */
  public void endExclusion() {
    guestMode.endExclusion();
  }

  /**
   * The hpa to read at, without a look for requests; -1 if the VMM has to emulate the access:
   * {@link #emulateRead} or {@link #emulateWrite} must follow.
   */
  public long readable(long gva) {
    long hpa = Tlb.lookup(firstLevel, gva, Tlb.READ);
    return hpa >= 0 ? hpa : slow.translate(privilege, gva, AccessKind.READ);
  }

  /** As {@link #readable}, to write at. */
  public long writable(long gva) {
    long hpa = Tlb.lookup(firstLevel, gva, Tlb.WRITE);
    return hpa >= 0 ? hpa : slow.translate(privilege, gva, AccessKind.WRITE);
  }

  /** As {@link #readable}, to fetch code at. */
  public long executable(long gva) {
    long hpa = Tlb.lookup(firstLevel, gva, Tlb.FETCH);
    return hpa >= 0 ? hpa : slow.translate(privilege, gva, AccessKind.FETCH);
  }

  /** Has the VMM do the read for which no hpa was found; within one page. */
  public long emulateRead(int size) {
    return slow.emulateRead(size);
  }

  /** Has the VMM do the write for which no hpa was found; within one page. */
  public void emulateWrite(int size, long value) {
    slow.emulateWrite(size, value);
  }

  private void poll() {
    if (requests.get(0) != 0) {
      guestMode.takeInterrupt();
    }
  }

  // --- registers ---

  /** The registers. */
  public ControlRegisters registers() {
    boolean isUser = privilege == Privilege.USER;
    if (registers.isUser() != isUser || registers.isAlignmentCheck() != isAlignmentCheck) {
      registers = registers.withPrivilege(isUser, isAlignmentCheck);
    }
    return registers;
  }

  /** As whom guest code accesses memory now. */
  Privilege privilege() {
    return privilege;
  }

  /** Says what the processor's CPUID offers of paging. Before it runs. */
  public void setPagingFeatures(PagingFeatures features) {
    translator.paging().setFeatures(features);
    translator.dropGuest();
  }

  /**
   * Loads all registers at once, dropping every cached translation of the guest's. PDPTEs are read
   * when the guest is next entered, if it is not in it; bad ones count as not present.
   */
  public void load(ControlRegisters value) {
    install(value);
    translator.dropGuest();
    owesPdptes = loadsPdptes(value);
    if (isInGuest) {
      payPdptes();
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
    install(next);
    translator.dropNonGlobal();
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
    install(next);
    if ((changed0 & CR0_PG) != 0
        || (changed4 & FLUSH_CR4) != 0
        || (changedEfer & FLUSH_EFER) != 0) {
      translator.dropGuest();
    }
    return true;
  }

  /** WRPKRU. */
  public void setPkru(int pkru) {
    install(registers().withPkru(pkru));
  }

  /** Goes to CPL 3 or CPL 0. */
  public void setUser(boolean isUser) {
    setPrivilege(isUser, isAlignmentCheck);
  }

  /** Goes to CPL 3 or below, with EFLAGS.AC or without. */
  public void setPrivilege(boolean isUser, boolean hasAlignmentCheck) {
    isAlignmentCheck = hasAlignmentCheck;
    become(
        isUser
            ? Privilege.USER
            : hasAlignmentCheck ? Privilege.SUPERVISOR_AC : Privilege.SUPERVISOR);
  }

  private void become(Privilege who) {
    privilege = who;
    firstLevel = translator.firstLevel(who);
  }

  /** Takes over registers, at the privilege that they say. */
  private void install(ControlRegisters value) {
    registers = value;
    isAlignmentCheck = value.isAlignmentCheck();
    translator.load(value);
    become(value.privilege());
  }

  /** Whether PAE paging is on, and its PDPTEs are registers. */
  private boolean loadsPdptes(ControlRegisters value) {
    return !model.walksPdptes() && value.mode() == PagingMode.PAE;
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

  // --- invalidations by the guest ---

  /** INVLPG: drops the translation of one address. */
  public void invlpg(long gva) {
    statistics.count(cpu, Stat.INVLPG);
    translator.dropPage(gva);
  }

  /** INVPCID type 0: drops one address of a PCID. Others than the current are never cached. */
  public void invpcidAddress(long pcid, long gva) {
    if (isCurrent(pcid)) {
      invlpg(gva);
    }
  }

  /** INVPCID type 1: drops all of a PCID but what is global. */
  public void invpcidContext(long pcid) {
    if (isCurrent(pcid)) {
      translator.dropNonGlobal();
    }
  }

  /** INVPCID type 2: drops all, global translations too. */
  public void invpcidAll() {
    translator.dropGuest();
  }

  /** INVPCID type 3: drops all but what is global. */
  public void invpcidAllButGlobal() {
    translator.dropNonGlobal();
  }

  private boolean isCurrent(long pcid) {
    long current = (registers.cr4() & CR4_PCIDE) == 0 ? 0 : registers.cr3() & 0xfff;
    return pcid == current;
  }

  /** Grows whenever an address may be translated otherwise than before. */
  public long translationGeneration() {
    return translator.generation();
  }

  // --- accesses ---

  // Those of 8 bytes look into the TLB here: an hpa that may be -1 would be tested once more.

  /** Reads an aligned 8-byte word. */
  public long readLong(long gva) {
    poll();
    long[] first = firstLevel;
    int at = Tlb.entry(first, gva);
    if (first[at + Tlb.READ] == Tlb.tag(gva)) {
      return memory.getLong(gva + first[at + Tlb.DELTA]);
    }
    long hpa = slow.translate(privilege, gva, AccessKind.READ);
    return hpa < 0 ? slow.emulateRead(8) : memory.getLong(hpa);
  }

  /** Writes an aligned 8-byte word. */
  public void writeLong(long gva, long value) {
    poll();
    long[] first = firstLevel;
    int at = Tlb.entry(first, gva);
    if (first[at + Tlb.WRITE] == Tlb.tag(gva)) {
      memory.setLong(gva + first[at + Tlb.DELTA], value);
      return;
    }
    long hpa = slow.translate(privilege, gva, AccessKind.WRITE);
    if (hpa < 0) {
      slow.emulateWrite(8, value);
    } else {
      memory.setLong(hpa, value);
    }
  }

  /** Reads 1 to 8 bytes at any address; the value is zero-extended, little-endian. */
  public long read(long gva, int size) {
    if (((gva | size) & size - 1) != 0) {
      return readPieces(privilege, gva, size, AccessKind.READ);
    }
    return readAligned(firstLevel, privilege, gva, size, AccessKind.READ);
  }

  /** Fetches 1 to 8 bytes of code at any address. */
  public long fetch(long gva, int size) {
    if (((gva | size) & size - 1) != 0) {
      return readPieces(privilege, gva, size, AccessKind.FETCH);
    }
    return readAligned(firstLevel, privilege, gva, size, AccessKind.FETCH);
  }

  /** Writes 1 to 8 bytes at any address, little-endian. */
  public void write(long gva, int size, long value) {
    if (((gva | size) & size - 1) != 0) {
      writePieces(privilege, gva, size, value);
    } else {
      writeAligned(firstLevel, privilege, gva, size, value);
    }
  }

  /**
   * Reads 1 to 8 bytes at any address which the same instruction writes next, without LOCK. Unless
   * the processor's model says otherwise, that is checked for writing, and needs no check then.
   */
  public long readForUpdate(long gva, int size) {
    if (model.updatesReadFirst()) {
      return read(gva, size);
    }
    if (((gva | size) & size - 1) != 0) {
      checkWrite(gva, size);
      return read(gva, size);
    }
    return readAligned(firstLevel, privilege, gva, size, AccessKind.WRITE);
  }

  /** Whether an update without LOCK reads by a read access: {@link #readForUpdate}. */
  public boolean updatesReadFirst() {
    return model.updatesReadFirst();
  }

  /** Reads 1 to 8 bytes at any address as the processor itself does: a descriptor, a TSS. */
  public long readSystem(long gva, int size) {
    return read(Privilege.SUPERVISOR, gva, size);
  }

  /** Writes 1 to 8 bytes at any address as the processor itself does. */
  public void writeSystem(long gva, int size, long value) {
    write(Privilege.SUPERVISOR, gva, size, value);
  }

  /**
   * Sees to it that {@code size} bytes, in one page or two, may be written, as a write would; has
   * the guest's handler called if not.
   */
  public void checkWrite(long gva, int size) {
    checkWrite(privilege, gva, size);
  }

  /** As {@link #checkWrite}, for what the processor itself writes. */
  public void checkWriteSystem(long gva, int size) {
    checkWrite(Privilege.SUPERVISOR, gva, size);
  }

  /**
   * The hpa of a byte of code. It holds until {@link #translationGeneration} changes.
   *
   * @return -1 if it does not lie in memory
   */
  public long fetchAddress(long gva) {
    return address(privilege, gva, AccessKind.FETCH);
  }

  /** The locked instructions. */
  public LockedAccess locked() {
    return locked;
  }

  /** LOCK XADD of an aligned 8-byte word; returns what it held. */
  public long fetchAndAdd(long gva, long delta) {
    return locked.fetchAndAdd(gva, 8, delta);
  }

  /** LOCK CMPXCHG of an aligned 8-byte word; returns what it held. */
  public long compareAndExchange(long gva, long expected, long value) {
    return locked.compareAndExchange(gva, 8, expected, value);
  }

  // --- accesses with a privilege ---

  private long[] firstLevel(Privilege who) {
    return who == privilege ? firstLevel : systemLevel;
  }

  long read(Privilege who, long gva, int size) {
    if (((gva | size) & size - 1) != 0) {
      return readPieces(who, gva, size, AccessKind.READ);
    }
    return readAligned(firstLevel(who), who, gva, size, AccessKind.READ);
  }

  void write(Privilege who, long gva, int size, long value) {
    if (((gva | size) & size - 1) != 0) {
      writePieces(who, gva, size, value);
    } else {
      writeAligned(firstLevel(who), who, gva, size, value);
    }
  }

  void checkWrite(Privilege who, long gva, int size) {
    address(who, gva, AccessKind.WRITE);
    if ((gva & PAGE_OFFSET) + size > PhysicalMemory.FRAME_SIZE) {
      address(who, (gva | PAGE_OFFSET) + 1, AccessKind.WRITE);
    }
  }

  /** The hpa for an access, or -1 if the VMM has to emulate it. */
  long address(Privilege who, long gva, AccessKind kind) {
    poll();
    long hpa = Tlb.lookup(firstLevel(who), gva, tag(kind));
    return hpa < 0 ? slow.translate(who, gva, kind) : hpa;
  }

  private static int tag(AccessKind kind) {
    return kind == AccessKind.FETCH ? Tlb.FETCH : kind == AccessKind.WRITE ? Tlb.WRITE : Tlb.READ;
  }

  private long readAligned(long[] first, Privilege who, long gva, int size, AccessKind kind) {
    poll();
    long hpa = Tlb.lookup(first, gva, tag(kind));
    if (hpa < 0) {
      hpa = slow.translate(who, gva, kind);
      if (hpa < 0) {
        return slow.emulateRead(size);
      }
    }
    return switch (size) {
      case 1 -> memory.getByte(hpa) & 0xffL;
      case 2 -> memory.getShort(hpa) & 0xffffL;
      case 4 -> memory.getInt(hpa) & 0xffff_ffffL;
      default -> memory.getLong(hpa);
    };
  }

  private void writeAligned(long[] first, Privilege who, long gva, int size, long value) {
    poll();
    long hpa = Tlb.lookup(first, gva, Tlb.WRITE);
    if (hpa < 0) {
      hpa = slow.translate(who, gva, AccessKind.WRITE);
      if (hpa < 0) {
        slow.emulateWrite(size, value);
        return;
      }
    }
    switch (size) {
      case 1 -> memory.setByte(hpa, (byte) value);
      case 2 -> memory.setShort(hpa, (short) value);
      case 4 -> memory.setInt(hpa, (int) value);
      default -> memory.setLong(hpa, value);
    }
  }

  private long readPieces(Privilege who, long gva, int size, AccessKind kind) {
    long value = 0;
    for (int done = 0; done < size; ) {
      int piece = piece(gva + done, size - done);
      value |= readAligned(firstLevel(who), who, gva + done, piece, kind) << 8 * done;
      done += piece;
    }
    return value;
  }

  private void writePieces(Privilege who, long gva, int size, long value) {
    if ((gva & PAGE_OFFSET) + size > PhysicalMemory.FRAME_SIZE) {
      checkWrite(who, gva, size);
    }
    for (int done = 0; done < size; ) {
      int piece = piece(gva + done, size - done);
      writeAligned(firstLevel(who), who, gva + done, piece, value >>> 8 * done);
      done += piece;
    }
  }

  /** The largest aligned power of two, at most 8, that fits. */
  private static int piece(long gva, int left) {
    long aligned = Long.lowestOneBit(gva | 8);
    return (int) Math.min(aligned, Integer.highestOneBit(left));
  }

  /** The guest's handler runs at CPL 0, and may end the access by an exception. */
  private void deliverPageFault(long gva, long code) {
    Privilege was = privilege;
    become(Privilege.SUPERVISOR);
    try {
      faultHandler.pageFault(this, gva, code);
    } finally {
      become(was);
    }
  }

  // --- for one who looks on ---

  /** What its TLB and its paging-structure caches hold, while nothing runs. */
  public List<CachedTranslation> cachedTranslations() {
    List<CachedTranslation> all = new ArrayList<>();
    translator.list(all);
    return all;
  }

  // --- what was counted ---

  /** How often neither level of the TLB could serve an access. */
  public long tlbMisses() {
    return translator.misses();
  }

  /** How many entries of tables, the guest's and the MMU's, its walks have read. */
  public long walkLoads() {
    return translator.loads();
  }
}
