package dev.gnomon.machine.processor;

import dev.gnomon.mmu.Mmu;
import dev.gnomon.mmu.VcpuMmu;
import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.arch.FaultCode;
import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.config.Statistics;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.table.FaultResult;
import java.util.ArrayList;
import java.util.List;

/**
 * A vCPU: guest code calls its accesses, and it leaves and enters the guest as they demand.
 *
 * <p>Before each access it looks for requests; that is where an interrupt would be taken. So a
 * flusher that waits until this vCPU has left guest mode knows that every access through an old
 * translation is done.
 *
 * <p>An access that crosses pages, or is not aligned, is made of smaller ones; only an aligned one
 * is atomic. Used by one CPU at a time.
 */
public final class Vcpu {

  private final int index;
  private final Cpu cpu;
  private final PhysicalMemory memory;
  private final SharedWords requests;
  private final VcpuMmu mmu;
  private final Statistics statistics;
  private final Vmm vmm;
  private final PageFaultHandler faultHandler;
  private final Translator translator;
  private final GuestMode guestMode;

  private ControlRegisters registers = ControlRegisters.RESET;

  /** The TLB's first level for the mode that the vCPU is in. */
  private long[] firstLevel;

  private long emulatedGpa;

  public Vcpu(
      int index,
      Cpu cpu,
      Platform platform,
      Mmu vmMmu,
      TlbConfig tlbConfig,
      Vmm vmm,
      PageFaultHandler faultHandler) {
    this.index = index;
    this.cpu = cpu;
    this.vmm = vmm;
    this.faultHandler = faultHandler;
    memory = platform.memory();
    mmu = vmMmu.vcpu(index);
    statistics = vmMmu.statistics();
    translator =
        new Translator(
            cpu, memory.ofPageWalks(), vmMmu.format(), mmu, vmMmu.config().levels(), tlbConfig);
    firstLevel = translator.firstLevel(registers.isUser());
    guestMode =
        new GuestMode(
            index,
            cpu,
            platform,
            vmMmu.rendezvous(),
            vmMmu.exclusion(),
            mmu,
            statistics,
            translator);
    requests = guestMode.requests();
  }

  /** Its number. */
  public int index() {
    return index;
  }

  /** The CPU that runs it. */
  public Cpu cpu() {
    return cpu;
  }

  // --- guest mode ---

  /** Enters the guest: nothing but guest code until {@link #leaveGuest}. */
  public void enterGuest() {
    guestMode.enter();
  }

  /** Leaves the guest, for whatever reason. */
  public void leaveGuest() {
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
    pollRequests();
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
    return hpa >= 0 ? hpa : translate(gva, AccessKind.READ);
  }

  /** As {@link #readable}, to write at. */
  public long writable(long gva) {
    long hpa = Tlb.lookup(firstLevel, gva, Tlb.WRITE);
    return hpa >= 0 ? hpa : translate(gva, AccessKind.WRITE);
  }

  /** As {@link #readable}, to fetch code at. */
  public long executable(long gva) {
    long hpa = Tlb.lookup(firstLevel, gva, Tlb.FETCH);
    return hpa >= 0 ? hpa : translate(gva, AccessKind.FETCH);
  }

  private void pollRequests() {
    if (requests.get(0) != 0) {
      guestMode.takeInterrupt();
    }
  }

  // --- registers ---

  /** The registers. */
  public ControlRegisters registers() {
    return registers;
  }

  /** Loads all registers at once, dropping every cached translation of the guest's. */
  public void load(ControlRegisters value) {
    registers = value;
    firstLevel = translator.firstLevel(value.isUser());
    translator.dropGuest();
  }

  /** MOV CR3: switches address spaces; global translations stay. */
  public void loadCr3(long gpa) {
    registers = registers.withCr3(gpa);
    translator.dropNonGlobal();
  }

  /** Goes to CPL 3 or CPL 0. */
  public void setUser(boolean isUser) {
    registers = registers.withUser(isUser);
    firstLevel = translator.firstLevel(isUser);
  }

  /** INVLPG: drops the translation of one address. */
  public void invlpg(long gva) {
    statistics.count(cpu, Stat.INVLPG);
    translator.dropPage(gva);
  }

  // --- accesses ---

  // Those of 8 bytes look into the TLB here: an hpa that may be -1 would be tested once more.

  /** Reads an aligned 8-byte word. */
  public long readLong(long gva) {
    pollRequests();
    long[] first = firstLevel;
    int at = Tlb.entry(first, gva);
    if (first[at + Tlb.READ] == Tlb.tag(gva)) {
      return memory.getLong(gva + first[at + Tlb.DELTA]);
    }
    long hpa = translate(gva, AccessKind.READ);
    return hpa < 0 ? emulateRead(8) : memory.getLong(hpa);
  }

  /** Writes an aligned 8-byte word. */
  public void writeLong(long gva, long value) {
    pollRequests();
    long[] first = firstLevel;
    int at = Tlb.entry(first, gva);
    if (first[at + Tlb.WRITE] == Tlb.tag(gva)) {
      memory.setLong(gva + first[at + Tlb.DELTA], value);
      return;
    }
    long hpa = translate(gva, AccessKind.WRITE);
    if (hpa < 0) {
      emulateWrite(8, value);
    } else {
      memory.setLong(hpa, value);
    }
  }

  /** Reads 1 to 8 bytes at any address; the value is zero-extended, little-endian. */
  public long read(long gva, int size) {
    if (((gva | size) & size - 1) != 0) {
      return readPieces(gva, size, AccessKind.READ);
    }
    return readAligned(gva, size, AccessKind.READ);
  }

  /** Fetches 1 to 8 bytes of code at any address. */
  public long fetch(long gva, int size) {
    if (((gva | size) & size - 1) != 0) {
      return readPieces(gva, size, AccessKind.FETCH);
    }
    return readAligned(gva, size, AccessKind.FETCH);
  }

  /** Writes 1 to 8 bytes at any address, little-endian. */
  public void write(long gva, int size, long value) {
    if (((gva | size) & size - 1) != 0) {
      writePieces(gva, size, value);
      return;
    }
    pollRequests();
    long hpa = Tlb.lookup(firstLevel, gva, Tlb.WRITE);
    if (hpa < 0) {
      hpa = translate(gva, AccessKind.WRITE);
      if (hpa < 0) {
        emulateWrite(size, value);
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

  /** LOCK XADD of an aligned 8-byte word; returns what it held. */
  public long fetchAndAdd(long gva, long delta) {
    return memory.getAndAddLong(translateLocked(gva), delta);
  }

  /** LOCK CMPXCHG of an aligned 8-byte word; returns what it held. */
  public long compareAndExchange(long gva, long expected, long value) {
    return memory.compareAndExchangeLong(translateLocked(gva), expected, value);
  }

  private long translateLocked(long gva) {
    pollRequests();
    long hpa = Tlb.lookup(firstLevel, gva, Tlb.WRITE);
    if (hpa < 0) {
      hpa = translate(gva, AccessKind.WRITE);
      if (hpa < 0) {
        throw new IllegalStateException(
            "a locked access to memory that the VMM emulates, at gpa "
                + Long.toHexString(emulatedGpa));
      }
    }
    return hpa;
  }

  private long readAligned(long gva, int size, AccessKind kind) {
    pollRequests();
    long hpa = Tlb.lookup(firstLevel, gva, kind == AccessKind.FETCH ? Tlb.FETCH : Tlb.READ);
    if (hpa < 0) {
      hpa = translate(gva, kind);
      if (hpa < 0) {
        return emulateRead(size);
      }
    }
    return switch (size) {
      case 1 -> memory.getByte(hpa) & 0xffL;
      case 2 -> memory.getShort(hpa) & 0xffffL;
      case 4 -> memory.getInt(hpa) & 0xffff_ffffL;
      default -> memory.getLong(hpa);
    };
  }

  private long readPieces(long gva, int size, AccessKind kind) {
    long value = 0;
    for (int done = 0; done < size; ) {
      int piece = piece(gva + done, size - done);
      value |= readAligned(gva + done, piece, kind) << 8 * done;
      done += piece;
    }
    return value;
  }

  private void writePieces(long gva, int size, long value) {
    for (int done = 0; done < size; ) {
      int piece = piece(gva + done, size - done);
      write(gva + done, piece, value >>> 8 * done);
      done += piece;
    }
  }

  /** The largest aligned power of two, at most 8, that fits. */
  private static int piece(long gva, int left) {
    long aligned = Long.lowestOneBit(gva | 8);
    return (int) Math.min(aligned, Integer.highestOneBit(left));
  }

  // --- slow paths ---

  /**
   * Finds the hpa for an access that the first-level TLB does not know; leaves and enters the guest
   * as often as that takes.
   *
   * @return the hpa, or -1 if the VMM has to emulate the access, to {@link #emulatedGpa}
   */
  private long translate(long gva, AccessKind kind) {
    long hpa = translator.find(registers, gva, kind);
    while (hpa < 0) {
      cpu.attempting();
      hpa = translator.walk(registers, gva, kind);
      if (hpa < 0 && !isHelped(gva)) {
        return -1;
      }
    }
    return hpa;
  }

  /** Has whoever can see to it that a walk gets further; false if the access is to be emulated. */
  private boolean isHelped(long gva) {
    return switch (translator.outcome()) {
      case GUEST_FAULT -> {
        deliverPageFault(gva, translator.faultCode());
        yield true;
      }
      case PML_FULL -> {
        guestMode.leave();
        guestMode.enter();
        yield true;
      }
      case NESTED_FAULT -> handleNestedFault(gva);
      case TRANSLATED -> throw new IllegalStateException("a failed walk that did not fail");
    };
  }

  /** Has the MMU handle a nested fault; false if the access is to be emulated. */
  private boolean handleNestedFault(long gva) {
    long gpa = translator.faultGpa();
    long code = translator.faultCode();
    translator.dropNestedFault(gva);
    guestMode.leave();
    FaultResult result = mmu.handleFault(cpu, gpa, code);
    boolean wasRequested = guestMode.enter();
    return switch (result) {
      case RETRY -> {
        // A request may be just what the retry was for: another root.
        if (!wasRequested) {
          cpu.retrying();
        }
        yield true;
      }
      case FIXED, SPURIOUS -> true;
      case EMULATE, WRITE_PROTECTED -> {
        if ((code & FaultCode.GUEST_PAGE) != 0) {
          throw new IllegalStateException(
              "a guest page table lies where the VMM must emulate accesses, at gpa "
                  + Long.toHexString(gpa));
        }
        emulatedGpa = gpa;
        yield false;
      }
      case CONTINUE, INVALID -> throw new IllegalStateException("a fault ended as " + result);
    };
  }

  private void deliverPageFault(long gva, long code) {
    statistics.count(cpu, Stat.PF_GUEST);
    translator.dropGuestFault(gva);
    boolean wasUser = registers.isUser();
    setUser(false);
    try {
      faultHandler.pageFault(this, gva, code);
    } finally {
      setUser(wasUser);
    }
  }

  /** Has the VMM do the read for which no hpa was found; within one page. */
  public long emulateRead(int size) {
    guestMode.leave();
    statistics.count(cpu, Stat.MMIO_EXITS);
    long value = vmm.read(cpu, emulatedGpa, size);
    guestMode.enter();
    return value;
  }

  /** Has the VMM do the write for which no hpa was found; within one page. */
  public void emulateWrite(int size, long value) {
    guestMode.leave();
    statistics.count(cpu, Stat.MMIO_EXITS);
    vmm.write(cpu, emulatedGpa, size, value);
    guestMode.enter();
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
