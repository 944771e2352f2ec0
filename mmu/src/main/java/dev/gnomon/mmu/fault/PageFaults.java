package dev.gnomon.mmu.fault;

import dev.gnomon.mmu.arch.FaultCode;
import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.config.Statistics;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.dirty.DirtyMarker;
import dev.gnomon.mmu.event.Tracepoints;
import dev.gnomon.mmu.make.SpteWriter;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.HostPages;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.root.VcpuRoot;
import dev.gnomon.mmu.slot.Memslot;
import dev.gnomon.mmu.slot.MemslotArray;
import dev.gnomon.mmu.slot.Memslots;
import dev.gnomon.mmu.slot.TrackedWrites;
import dev.gnomon.mmu.spte.MmioSpte;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.sync.MmuLock;
import dev.gnomon.mmu.sync.ReadCopyUpdate;
import dev.gnomon.mmu.table.FaultResult;
import dev.gnomon.mmu.table.Mapping;
import dev.gnomon.mmu.table.TableFrames;
import dev.gnomon.mmu.tdp.TdpMmu;

/**
 * The page-fault path of a VM: from a vCPU's exit to an installed entry.
 *
 * <p>The steps, in order: an MMIO mark answers by itself; a write to a write-tracked gfn is
 * emulated; the fast path; top up the table frames; remember the invalidations' sequence and ask
 * the host for the page; take the MMU lock for reading; is what the host said still true; choose
 * the level; map.
 *
 * <p>Called outside guest mode, inside a read section of the memslots.
 */
public final class PageFaults {
  private final MmuConfig config;
  private final SpteFormat format;
  private final PhysicalMemory memory;
  private final Memslots memslots;
  private final TdpMmu tdp;
  private final FastPageFault fastPath;
  private final LocklessWalk walk;
  private final TableFrames tableFrames;
  private final HostPages hostPages;
  private final Invalidations invalidations;
  private final InvalidateRetryRule retryRule;
  private final MmuLock mmuLock;
  private final ReadCopyUpdate rcu;
  private final Tracepoints trace;
  private final Statistics statistics;

  /** The rules that decide within this path. */
  public record Decisions(
      FastFaultRule fastFault, LocklessWalkRule locklessWalk, InvalidateRetryRule retry) {}

  public PageFaults(
      MmuConfig config,
      SpteFormat format,
      PhysicalMemory memory,
      Memslots memslots,
      TdpMmu tdp,
      SpteWriter writer,
      DirtyMarker marker,
      TableFrames tableFrames,
      HostPages hostPages,
      Invalidations invalidations,
      MmuLock mmuLock,
      ReadCopyUpdate rcu,
      Decisions decisions,
      Tracepoints trace,
      Statistics statistics) {
    this.config = config;
    this.format = format;
    this.memory = memory;
    this.memslots = memslots;
    this.tdp = tdp;
    this.tableFrames = tableFrames;
    this.hostPages = hostPages;
    this.invalidations = invalidations;
    this.mmuLock = mmuLock;
    this.rcu = rcu;
    this.trace = trace;
    this.statistics = statistics;
    retryRule = decisions.retry();
    walk = decisions.locklessWalk().create(rcu);
    fastPath =
        new FastPageFault(memory, format, writer, marker, walk, decisions.fastFault(), trace);
  }

  /**
   * Handles a fault.
   *
   * @param gpa the guest-physical address
   * @param code a {@link FaultCode}
   * @param mapping the vCPU's own, to work in
   * @return RETRY, FIXED or SPURIOUS: enter the guest again; EMULATE or WRITE_PROTECTED: emulate
   */
  public FaultResult handle(
      Cpu cpu, VcpuRoot root, MmioCache mmioCache, Mapping mapping, long gpa, long code) {
    tellExit(cpu, gpa, code);
    long gfn = PhysicalMemory.pfn(gpa);
    MemslotArray slots = memslots.current();
    if ((code & FaultCode.RESERVED) != 0 && isCurrentMmio(cpu, root, mmioCache, slots, gfn)) {
      return FaultResult.EMULATE;
    }
    statistics.count(cpu, Stat.PF_TAKEN);
    boolean isWrite = (code & FaultCode.WRITE) != 0;
    boolean isFetch = (code & FaultCode.FETCH) != 0;
    FaultResult result = FaultResult.CONTINUE;
    boolean isPresent = (code & FaultCode.PRESENT) != 0;
    if (isPresent && isWrite && isWriteTracked(slots, gfn)) {
      result = FaultResult.WRITE_PROTECTED;
    } else if ((code & FaultCode.RESERVED) == 0 && fastPath.isTried(isPresent, isWrite)) {
      result = fast(cpu, root, slots, gpa, code);
    }
    if (result == FaultResult.CONTINUE) {
      mapping.begin(gfn, isWrite, isFetch);
      result = slow(cpu, root, mmioCache, slots, mapping);
    }
    count(cpu, result);
    return result;
  }

  /** On Intel an MMIO mark is a misconfiguration, an exit of its own, and no page fault. */
  private void tellExit(Cpu cpu, long gpa, long code) {
    if (config.tdp() == TdpKind.NPT || (code & FaultCode.RESERVED) == 0) {
      trace.kvmPageFault(cpu, cpu.index(), gpa, code);
    }
  }

  private FaultResult fast(Cpu cpu, VcpuRoot root, MemslotArray slots, long gpa, long code) {
    statistics.count(cpu, Stat.FAST_PAGE_FAULT_TRIED);
    FaultResult result = fastPath.fix(cpu, root.get().page(), slots, gpa, code);
    if (result == FaultResult.INVALID) {
      return FaultResult.CONTINUE;
    }
    statistics.count(cpu, Stat.PF_FAST);
    return result;
  }

  private FaultResult slow(
      Cpu cpu, VcpuRoot root, MmioCache mmioCache, MemslotArray slots, Mapping mapping) {
    tableFrames.topUp(cpu);
    Memslot slot = slots.find(mapping.gfn());
    if (slot != null && slot.isInvalid()) {
      return FaultResult.RETRY;
    }
    long sequence = invalidations.sequence();
    long hvn = -1;
    if (slot == null) {
      if (memslots.isExchanging()) {
        // No mark now: its generation would not be told from the next one.
        return FaultResult.EMULATE;
      }
      mapping.resolvedAsMmio(slots.generation());
      mmioCache.put(mapping.gfn(), slots.generation());
      if (!config.isMappable(mapping.gfn()) || !MmioSpte.isPossible(format, mapping.gfn())) {
        return FaultResult.EMULATE;
      }
    } else {
      requireMappable(mapping.gfn(), slot);
      if (slot.isReadOnly() && mapping.isWrite()) {
        return FaultResult.EMULATE;
      }
      hvn = slot.hvn(mapping.gfn());
      long page = hostPages.resolve(cpu, hvn, mapping.isWrite());
      if (page == HostPages.ABSENT) {
        throw new IllegalStateException(
            "no host memory behind gfn " + Long.toHexString(mapping.gfn()) + " of " + slot);
      }
      mapping.resolved(slot, page);
    }
    mmuLock.readLock(cpu);
    FaultResult result = FaultResult.RETRY;
    boolean isCovered = slot != null && invalidations.haveCovered(hvn, sequence);
    if (!root.get().isInvalid() && !retryRule.retries(isCovered)) {
      chooseLevel(mapping);
      rcu.readLock(cpu);
      result = tdp.map(cpu, root.get(), mapping);
      rcu.readUnlock(cpu);
    }
    mmuLock.readUnlock(cpu);
    rcu.poll(cpu);
    return result;
  }

  private void requireMappable(long gfn, Memslot slot) {
    if (!config.isMappable(gfn)) {
      throw new IllegalArgumentException(
          "gfn "
              + Long.toHexString(gfn)
              + " of "
              + slot
              + " lies beyond the "
              + config.tableEntries()
              + " entries of a table that are used");
    }
  }

  private void chooseLevel(Mapping mapping) {
    Memslot slot = mapping.slot();
    if (slot == null) {
      return;
    }
    int largest = Math.min(config.largestLevel(), HostPages.level(mapping.page()));
    if (largest == PageLevel.LEVEL_4K || slot.isDirtyLogged()) {
      return;
    }
    int level = slot.largePages().largestAllowed(mapping.gfn(), largest);
    boolean isNxSplit = config.nxHugePages() && mapping.isFetch() && level > PageLevel.LEVEL_4K;
    mapping.setGoal(isNxSplit ? PageLevel.LEVEL_4K : level, isNxSplit ? level : 0);
  }

  private static boolean isWriteTracked(MemslotArray slots, long gfn) {
    Memslot slot = slots.find(gfn);
    if (slot == null) {
      return false;
    }
    TrackedWrites tracked = slot.trackedWrites();
    return tracked != null && tracked.isTracked(gfn - slot.baseGfn());
  }

  /** Whether a fault on a reserved bit is an MMIO mark of the current generation. */
  private boolean isCurrentMmio(
      Cpu cpu, VcpuRoot root, MmioCache mmioCache, MemslotArray slots, long gfn) {
    if (memslots.isExchanging()) {
      return false;
    }
    if (mmioCache.holds(gfn, slots.generation())) {
      return true;
    }
    long spte = lastEntry(cpu, root, gfn);
    if (!format.isMmio(spte)) {
      return false;
    }
    long generation = slots.generation() & MmioSpte.GENERATION_MASK;
    trace.checkMmioSpte(cpu, spte, generation, MmioSpte.generation(spte));
    if (MmioSpte.generation(spte) != generation) {
      return false;
    }
    trace.handleMmioPageFault(cpu, 0, MmioSpte.gfn(format, spte), MmioSpte.access(format, spte));
    mmioCache.put(gfn, slots.generation());
    return true;
  }

  private long lastEntry(Cpu cpu, VcpuRoot root, long gfn) {
    walk.begin(cpu);
    int level = root.get().page().level();
    long table = root.get().page().pfn();
    long spte;
    while (true) {
      spte = memory.getLong(PhysicalMemory.hpa(table) + 8L * PageLevel.indexOfFrame(gfn, level));
      if (!SpteFormat.isTable(spte, level)) {
        break;
      }
      table = SpteFormat.pfn(spte);
      level--;
    }
    walk.end(cpu);
    return spte;
  }

  private void count(Cpu cpu, FaultResult result) {
    Stat stat =
        switch (result) {
          case FIXED -> Stat.PF_FIXED;
          case SPURIOUS -> Stat.PF_SPURIOUS;
          case RETRY -> Stat.PF_RETRY;
          case EMULATE, WRITE_PROTECTED -> Stat.PF_EMULATE;
          case CONTINUE, INVALID -> throw new IllegalStateException("a fault ended as " + result);
        };
    statistics.count(cpu, stat);
  }
}
