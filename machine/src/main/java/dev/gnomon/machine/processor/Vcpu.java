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
import dev.gnomon.mmu.sync.Rendezvous;
import dev.gnomon.mmu.table.FaultResult;
import dev.gnomon.mmu.tlb.Requests;
import java.util.ArrayList;
import java.util.List;

/**
 * A vCPU: guest code calls its accesses, and it leaves and enters the guest as they demand.
 *
 * <p>Before each access it looks for requests; that is where an interrupt would be taken. So a
 * flusher that waits until this vCPU has left guest mode knows that every access through an old
 * translation is done. On the way back in it handles requests, loads a root if it has none,
 * announces guest mode, and looks for requests once more (see {@link Rendezvous}).
 *
 * <p>An access that crosses pages, or is not aligned, is made of smaller ones; only an aligned one
 * is atomic. Used by one CPU at a time.
 */
public final class Vcpu {

  private final int index;
  private final Cpu cpu;
  private final PhysicalMemory memory;
  private final Rendezvous rendezvous;
  private final SharedWords requests;
  private final VcpuMmu mmu;
  private final Statistics statistics;
  private final Vmm vmm;
  private final PageFaultHandler faultHandler;
  private final Tlb tlb;
  private final NestedWalker nestedWalker;
  private final GuestWalker walker;

  private ControlRegisters registers = ControlRegisters.RESET;

  /** The TLB's first level for the mode that the vCPU is in. */
  private long[] firstLevel;

  private boolean isPauseRequested;
  private long misses;
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
    rendezvous = vmMmu.rendezvous();
    requests = rendezvous.requests(index);
    mmu = vmMmu.vcpu(index);
    statistics = vmMmu.statistics();
    tlb = new Tlb(tlbConfig);
    firstLevel = tlb.first(registers.isUser());
    nestedWalker =
        new NestedWalker(memory, vmMmu.format(), mmu, vmMmu.config().levels(), tlbConfig);
    walker = new GuestWalker(memory, nestedWalker, vmMmu.format(), tlbConfig);
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
    while (true) {
      lookAtRequests();
      awaitRingRoom();
      if (!mmu.hasRoot()) {
        mmu.loadRoot(cpu);
        flushTlb();
      }
      if (rendezvous.enter(index)) {
        return;
      }
    }
  }

  /** Leaves the guest, for whatever reason. */
  public void leaveGuest() {
    // Before it is seen to have left: who kicked it to read the log waits for that.
    mmu.drainPml(cpu);
    rendezvous.leave(index);
    statistics.count(cpu, Stat.EXITS);
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
    return isPauseRequested;
  }

  /** The VMM lets it go on. */
  public void resume() {
    isPauseRequested = false;
  }

  /** Handles requests outside guest mode, where the vCPU has nothing to run. */
  public void lookAtRequests() {
    long taken = rendezvous.take(index, Requests.ALL);
    if ((taken & Requests.PAUSE) != 0) {
      isPauseRequested = true;
    }
    if ((taken & Requests.RELOAD_ROOT) != 0) {
      mmu.unloadRoot(cpu);
    }
    if ((taken & Requests.TLB_FLUSH) != 0) {
      flushTlb();
      statistics.count(cpu, Stat.TLB_FLUSH);
    }
  }

  private void awaitRingRoom() {
    while (mmu.isRingFull()) {
      // The VMM makes room and asks us to look again.
      rendezvous.awaitRequest(cpu, index);
      lookAtRequests();
    }
  }

  private void flushTlb() {
    tlb.clear();
    walker.clear();
    nestedWalker.clear();
  }

  private void pollRequests() {
    if (requests.get(0) != 0) {
      statistics.count(cpu, Stat.REQUEST_EXITS);
      leaveGuest();
      enterGuest();
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
    firstLevel = tlb.first(value.isUser());
    tlb.clear();
    walker.clear();
  }

  /** MOV CR3: switches address spaces; global translations stay. */
  public void loadCr3(long gpa) {
    registers = registers.withCr3(gpa);
    tlb.dropNonGlobal();
    walker.clear();
  }

  /** Goes to CPL 3 or CPL 0. */
  public void setUser(boolean isUser) {
    registers = registers.withUser(isUser);
    firstLevel = tlb.first(isUser);
  }

  /** INVLPG: drops the translation of one address. */
  public void invlpg(long gva) {
    statistics.count(cpu, Stat.INVLPG);
    tlb.drop(gva);
    walker.clear();
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
    long known = tlb.find(gva);
    if (known != 0 && suffices(known, kind)) {
      tlb.fillFirst(gva, known, registers.isUser());
      return Translation.hpa(known, gva);
    }
    misses++;
    while (true) {
      long translation = walker.walk(registers, gva, kind);
      if (translation != 0) {
        tlb.insert(gva, translation);
        tlb.fillFirst(gva, translation, registers.isUser());
        return Translation.hpa(translation, gva);
      }
      switch (walker.outcome()) {
        case GUEST_FAULT -> deliverPageFault(gva, walker.faultCode());
        case PML_FULL -> {
          leaveGuest();
          enterGuest();
        }
        case NESTED_FAULT -> {
          if (!handleNestedFault(gva)) {
            return -1;
          }
        }
        case TRANSLATED -> throw new IllegalStateException("a failed walk that did not fail");
      }
    }
  }

  private boolean suffices(long translation, AccessKind kind) {
    long rights = Translation.rights(translation, registers.isUser());
    return switch (kind) {
      case READ -> (rights & Translation.READ) != 0;
      case WRITE -> (rights & Translation.WRITE) != 0 && (translation & Translation.DIRTY) != 0;
      case FETCH -> (rights & Translation.EXECUTE) != 0;
    };
  }

  /** Has the MMU handle a nested fault; false if the access is to be emulated. */
  private boolean handleNestedFault(long gva) {
    long gpa = nestedWalker.faultGpa();
    long code = walker.faultCode();
    tlb.dropFaulting(gva);
    nestedWalker.drop(gpa);
    leaveGuest();
    FaultResult result = mmu.handleFault(cpu, gpa, code);
    enterGuest();
    return switch (result) {
      case RETRY -> {
        cpu.retrying();
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
    tlb.dropFaulting(gva);
    boolean wasUser = registers.isUser();
    setUser(false);
    faultHandler.pageFault(this, gva, code);
    setUser(wasUser);
  }

  private long emulateRead(int size) {
    leaveGuest();
    statistics.count(cpu, Stat.MMIO_EXITS);
    long value = vmm.read(cpu, emulatedGpa, size);
    enterGuest();
    return value;
  }

  private void emulateWrite(int size, long value) {
    leaveGuest();
    statistics.count(cpu, Stat.MMIO_EXITS);
    vmm.write(cpu, emulatedGpa, size, value);
    enterGuest();
  }

  // --- for one who looks on ---

  /** What its TLB and its paging-structure caches hold, while nothing runs. */
  public List<CachedTranslation> cachedTranslations() {
    List<CachedTranslation> all = new ArrayList<>();
    tlb.list(all);
    nestedWalker.list(all);
    walker.list(all);
    return all;
  }

  // --- what was counted ---

  /** How often neither level of the TLB could serve an access. */
  public long tlbMisses() {
    return misses;
  }

  /** How many entries of tables, the guest's and the MMU's, its walks have read. */
  public long walkLoads() {
    return walker.loads() + nestedWalker.loads();
  }
}
