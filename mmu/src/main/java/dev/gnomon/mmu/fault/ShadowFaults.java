package dev.gnomon.mmu.fault;

import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.arch.FaultCode;
import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.arch.Privilege;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.MmuKind;
import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.config.Statistics;
import dev.gnomon.mmu.event.Tracepoints;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.root.LoadedRoots;
import dev.gnomon.mmu.root.TableSource;
import dev.gnomon.mmu.shadow.Foundation;
import dev.gnomon.mmu.shadow.GuestFormat;
import dev.gnomon.mmu.shadow.MmuPage;
import dev.gnomon.mmu.shadow.ShadowFault;
import dev.gnomon.mmu.shadow.ShadowMmu;
import dev.gnomon.mmu.shadow.ShadowRoot;
import dev.gnomon.mmu.slot.Memslot;
import dev.gnomon.mmu.slot.MemslotArray;
import dev.gnomon.mmu.slot.Memslots;
import dev.gnomon.mmu.slot.TrackedWrites;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.sync.MmuLock;
import dev.gnomon.mmu.sync.ReadCopyUpdate;
import dev.gnomon.mmu.table.FaultResult;
import dev.gnomon.mmu.table.Mapping;
import dev.gnomon.mmu.table.Role;
import dev.gnomon.mmu.table.SpteWords;
import dev.gnomon.mmu.table.TableFrames;

/**
 * The page-fault path of the shadow MMU.
 *
 * <p>Under a direct root as in the TDP MMU, but for the lock, which is taken for writing. Under an
 * indirect one there is no fast path: what an entry maps may have changed between the read and the
 * exchange while it looks the same. Instead the guest's own tables are walked first; if they refuse
 * the access, the guest gets the fault, and nothing else happens.
 *
 * <p>Called outside guest mode, inside a read section of the memslots.
 */
public final class ShadowFaults {
  private final MmuConfig config;
  private final SpteWords words;
  private final Memslots memslots;
  private final ShadowMmu shadow;
  private final FastPageFault fastPath;
  private final LocklessWalk walk;
  private final MmioMarks mmioMarks;
  private final HostResolver hostResolver;
  private final TableFrames tableFrames;
  private final MmuLock mmuLock;
  private final ReadCopyUpdate rcu;
  private final Tracepoints trace;
  private final Statistics statistics;

  public ShadowFaults(
      Foundation base,
      ShadowMmu shadow,
      Invalidations invalidations,
      PageFaults.Decisions decisions) {
    config = base.config();
    words = base.words();
    memslots = base.memslots();
    this.shadow = shadow;
    tableFrames = base.tableFrames();
    mmuLock = base.mmuLock();
    rcu = base.rcu();
    trace = base.trace();
    statistics = base.statistics();
    walk = decisions.locklessWalk().create(base.walks());
    fastPath =
        new FastPageFault(
            words, base.format(), base.writer(), base.marker(), walk, decisions.fastFault(), trace);
    mmioMarks = new MmioMarks(base.format(), trace);
    hostResolver =
        new HostResolver(
            config, base.format(), memslots, base.hostPages(), invalidations, decisions.retry());
  }

  /**
   * Handles a fault.
   *
   * @param source whose tables are shadowed
   * @param roots its roots, of which one is loaded
   * @param address a gva, or under direct roots a gpa, or of L2 an ngpa
   * @param code a {@link FaultCode}
   * @param who as whom the access was made
   * @param fault the vCPU's own, to work in; bears the error code of a GUEST_FAULT
   * @return RETRY, FIXED or SPURIOUS: enter the guest again; EMULATE or WRITE_PROTECTED: emulate;
   *     GUEST_FAULT: deliver it to the guest; NESTED_VIOLATION: deliver it to L1
   */
  FaultResult handle(
      Cpu cpu,
      TableSource source,
      LoadedRoots roots,
      MmioCache mmioCache,
      ShadowFault fault,
      long address,
      long code,
      Privilege who) {
    trace.kvmPageFault(cpu, cpu.index(), address, code);
    MemslotArray slots = memslots.current();
    ShadowRoot root = roots.get();
    if ((code & FaultCode.RESERVED) != 0 && !memslots.isExchanging()) {
      long page = PhysicalMemory.pfn(address);
      long told = root.isDirect() ? 0 : address;
      if (mmioCache.holds(page, slots.generation())
          || mmioMarks.isCurrent(
              cpu, slots, mmioCache, lastEntry(cpu, root, address), told, page)) {
        return FaultResult.EMULATE;
      }
    }
    statistics.count(cpu, Stat.PF_TAKEN);
    fault.begin(address);
    FaultResult result =
        root.isDirect()
            ? direct(cpu, source, root, mmioCache, slots, fault, code)
            : indirect(cpu, source, roots, mmioCache, slots, fault, code, who);
    count(cpu, result);
    return result;
  }

  private FaultResult direct(
      Cpu cpu,
      TableSource source,
      ShadowRoot root,
      MmioCache mmioCache,
      MemslotArray slots,
      ShadowFault fault,
      long code) {
    long gfn = PhysicalMemory.pfn(fault.address());
    boolean isWrite = (code & FaultCode.WRITE) != 0;
    boolean isPresent = (code & FaultCode.PRESENT) != 0;
    boolean isReserved = (code & FaultCode.RESERVED) != 0;
    if (isPresent && isWrite && !isReserved && isWriteTracked(slots, gfn)) {
      return FaultResult.WRITE_PROTECTED;
    }
    MmuPage top = gfn < config.endGfn() ? root.top(fault.address()) : null;
    if (!isReserved && top != null && fastPath.isTried(isPresent, isWrite)) {
      statistics.count(cpu, Stat.FAST_PAGE_FAULT_TRIED);
      // A 32-bit host tells no more of the code than fits a word.
      long told = config.hostBits() == 32 ? code & 0xffff_ffffL : code;
      FaultResult result = fastPath.fix(cpu, top.pfn(), top.level(), slots, fault.address(), told);
      if (result != FaultResult.INVALID) {
        statistics.count(cpu, Stat.PF_FAST);
        return result;
      }
    }
    fault.mapping().begin(gfn, isWrite, (code & FaultCode.FETCH) != 0);
    return slow(cpu, source, root, mmioCache, slots, fault, true, false);
  }

  private FaultResult indirect(
      Cpu cpu,
      TableSource source,
      LoadedRoots roots,
      MmioCache mmioCache,
      MemslotArray slots,
      ShadowFault fault,
      long code,
      Privilege who) {
    if (source.guest().isNested() && !roots.verifyPdptes(cpu)) {
      return FaultResult.RETRY;
    }
    boolean isWrite = (code & FaultCode.WRITE) != 0;
    boolean isFetch = (code & FaultCode.FETCH) != 0;
    AccessKind kind = isWrite ? AccessKind.WRITE : isFetch ? AccessKind.FETCH : AccessKind.READ;
    if (!shadow.walk(
        cpu,
        source.guest(),
        source.topTable(),
        source.pdptes(),
        fault.address(),
        kind,
        who,
        fault.walk())) {
      return source.guest().isNested() ? FaultResult.NESTED_VIOLATION : FaultResult.GUEST_FAULT;
    }
    ShadowRoot root = roots.get();
    if (root.top(fault.address()) == null) {
      // The guest has a table where it had none when the root was made: a slot was added.
      roots.outdate();
      return FaultResult.RETRY;
    }
    long gfn = fault.walk().gfn();
    fault.setAccess(fault.walk().access());
    fault.mapping().begin(gfn, isWrite, isFetch);
    boolean isPresent = (code & FaultCode.PRESENT) != 0 && (code & FaultCode.RESERVED) == 0;
    if (isPresent && isWrite && isWriteTracked(slots, gfn)) {
      mmuLock.writeLock(cpu);
      shadow.usedOnTheWay(root, fault.address());
      mmuLock.writeUnlock(cpu);
      return FaultResult.WRITE_PROTECTED;
    }
    MmuPage top = root.top(fault.address());
    if (top != null
        && (code & FaultCode.RESERVED) == 0
        && fastPath.isTriedIndirect(isPresent, isWrite)) {
      statistics.count(cpu, Stat.FAST_PAGE_FAULT_TRIED);
      FaultResult result =
          fastPath.fix(cpu, top.pfn(), top.level(), slots, fault.address(), gfn, code);
      if (result != FaultResult.INVALID) {
        statistics.count(cpu, Stat.PF_FAST);
        return result;
      }
    }
    return slow(cpu, source, root, mmioCache, slots, fault, false, who.isUser());
  }

  private FaultResult slow(
      Cpu cpu,
      TableSource source,
      ShadowRoot root,
      MmioCache mmioCache,
      MemslotArray slots,
      ShadowFault fault,
      boolean isDirect,
      boolean isUser) {
    tableFrames.topUp(cpu);
    Mapping mapping = fault.mapping();
    long page = PhysicalMemory.pfn(fault.address());
    FaultResult resolved =
        hostResolver.resolve(cpu, slots, mapping, mmioCache, page, fault.access());
    if (resolved != FaultResult.CONTINUE) {
      return resolved;
    }
    GuestFormat guest = source.guest();
    boolean isRefusedWrite =
        mapping.slot() != null && mapping.isWrite() && (fault.access() & Role.WRITE) == 0;
    if (isRefusedWrite && !isUser) {
      fault.letSupervisorWrite(guest.isSmep());
    }
    mmuLock.writeLock(cpu);
    shadow.makeRoom(cpu);
    FaultResult result = FaultResult.RETRY;
    if (!shadow.isObsolete(root) && !hostResolver.isStale(mapping)) {
      boolean mayPrefetch = !hostResolver.isInvalidating();
      result =
          isDirect
              ? shadow.mapDirect(cpu, guest, root, fault, directLimit(), mayPrefetch)
              : shadow.mapIndirect(cpu, guest, root, fault, mayPrefetch);
    }
    mmuLock.writeUnlock(cpu);
    rcu.poll(cpu);
    return result;
  }

  /** A guest without paging is mapped by 2 MiB at most. */
  private int directLimit() {
    return config.mmu() == MmuKind.SHADOW ? PageLevel.LEVEL_2M : PageLevel.LEVEL_1G;
  }

  private static boolean isWriteTracked(MemslotArray slots, long gfn) {
    Memslot slot = slots.find(gfn);
    TrackedWrites tracked = slot == null ? null : slot.trackedWrites();
    return tracked != null && tracked.isTracked(gfn - slot.baseGfn());
  }

  private long lastEntry(Cpu cpu, ShadowRoot root, long address) {
    walk.begin(cpu);
    int level = root.topLevel();
    long sptep = root.topEntry(address);
    long spte = sptep < 0 ? 0 : words.getLockless(sptep);
    while (SpteFormat.isTable(spte, level)) {
      level--;
      spte = words.getLockless(ShadowRoot.entry(SpteFormat.pfn(spte), address, level));
    }
    walk.end(cpu);
    return spte;
  }

  private void count(Cpu cpu, FaultResult result) {
    statistics.count(cpu, PageFaults.stat(result));
  }
}
