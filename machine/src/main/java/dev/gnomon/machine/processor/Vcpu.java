package dev.gnomon.machine.processor;

import dev.gnomon.mmu.Mmu;
import dev.gnomon.mmu.VcpuMmu;
import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.NestedViolation;
import dev.gnomon.mmu.arch.Privilege;
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
  private final PieceAccess pieces;
  private final LockedAccess locked;
  private final TranslationControl control;
  private final NestedGuest nested;
  private final ProcessorModel model;
  private final Platform platform;

  private Privilege privilege = Privilege.SUPERVISOR;
  private boolean isAlignmentCheck;

  /** The TLB's first level for the privilege that guest code has. */
  private long[] firstLevel;

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
    translator = new Translator(cpu, memory.ofPageWalks(), vmMmu.format(), mmu, tlbConfig, model);
    firstLevel = translator.firstLevel(privilege);
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
    slow = new SlowAccess(cpu, mmu, vmm, statistics, translator, guestMode, new Deliveries());
    pieces = new PieceAccess(memory, guestMode, translator, slow);
    locked = new LockedAccess(this, memory, guestMode, pieces, slow);
    control = new TranslationControl(this, translator, slow, guestMode, mmu, model, statistics);
    nested = new NestedGuest(this, control, mmu);
  }

  /** Says whom to ask about the instruction that makes an access; at first all are stores. */
  public void setInstruction(WritingInstruction instruction) {
    slow.setInstruction(instruction);
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
    control.entered();
  }

  /** Leaves the guest, for whatever reason. */
  public void leaveGuest() {
    control.left();
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
    return control.registers();
  }

  /** The registers that decide about translation, and the instructions that invalidate. */
  public TranslationControl control() {
    return control;
  }

  /** The guest of the guest's: L2, if the guest is a hypervisor. */
  public NestedGuest nested() {
    return nested;
  }

  /** Loads all registers at once: {@link TranslationControl#load}. */
  public void load(ControlRegisters value) {
    control.load(value);
  }

  /** MOV CR3: {@link TranslationControl#loadCr3}. */
  public boolean loadCr3(long operand) {
    return control.loadCr3(operand);
  }

  /** INVLPG: drops the translation of one address. */
  public void invlpg(long gva) {
    control.invlpg(gva);
  }

  /** As whom guest code accesses memory now. */
  Privilege privilege() {
    return privilege;
  }

  /** EFLAGS.AC. */
  boolean isAlignmentCheck() {
    return isAlignmentCheck;
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
      return pieces.read(privilege, gva, size, AccessKind.READ);
    }
    return readAligned(gva, size, AccessKind.READ, Tlb.READ);
  }

  /** Fetches 1 to 8 bytes of code at any address. */
  public long fetch(long gva, int size) {
    if (((gva | size) & size - 1) != 0) {
      return pieces.read(privilege, gva, size, AccessKind.FETCH);
    }
    return readAligned(gva, size, AccessKind.FETCH, Tlb.FETCH);
  }

  /** Writes 1 to 8 bytes at any address, little-endian. */
  public void write(long gva, int size, long value) {
    if (((gva | size) & size - 1) != 0) {
      pieces.write(privilege, gva, size, value);
      return;
    }
    poll();
    long hpa = Tlb.lookup(firstLevel, gva, Tlb.WRITE);
    if (hpa < 0) {
      hpa = slow.translate(privilege, gva, AccessKind.WRITE);
      if (hpa < 0) {
        slow.emulateWrite(size, value);
        return;
      }
    }
    pieces.store(hpa, size, value);
  }

  private long readAligned(long gva, int size, AccessKind kind, int tag) {
    poll();
    long hpa = Tlb.lookup(firstLevel, gva, tag);
    if (hpa < 0) {
      hpa = slow.translate(privilege, gva, kind);
      if (hpa < 0) {
        return slow.emulateRead(size);
      }
    }
    return pieces.load(hpa, size);
  }

  /** Whether an update without LOCK reads by a read access, and then writes. */
  public boolean updatesReadFirst() {
    return model.updatesReadFirst();
  }

  /** Reads 1 to 8 bytes at any address as the processor itself does: a descriptor, a TSS. */
  public long readSystem(long gva, int size) {
    return pieces.read(Privilege.SUPERVISOR, gva, size, AccessKind.READ);
  }

  /** Writes 1 to 8 bytes at any address as the processor itself does. */
  public void writeSystem(long gva, int size, long value) {
    pieces.write(Privilege.SUPERVISOR, gva, size, value);
  }

  /** The locked instructions. */
  public LockedAccess locked() {
    return locked;
  }

  /** The guest's handlers run at CPL 0, and may end the access by an exception. */
  private final class Deliveries implements SlowAccess.Delivery {
    @Override
    public void pageFault(long gva, long code) {
      Privilege was = privilege;
      boolean wasNested = nested.isRunning();
      become(Privilege.SUPERVISOR);
      try {
        faultHandler.pageFault(Vcpu.this, gva, code);
      } finally {
        if (nested.isRunning() == wasNested) {
          become(was);
        }
      }
    }

    @Override
    public void violation(NestedViolation violation) {
      nested.deliver(violation);
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
