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
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.sync.MmuLock;
import dev.gnomon.mmu.sync.ReadCopyUpdate;
import dev.gnomon.mmu.table.FaultResult;
import dev.gnomon.mmu.table.Mapping;
import dev.gnomon.mmu.table.Role;
import dev.gnomon.mmu.table.ShadowPage;
import dev.gnomon.mmu.table.SpteWords;
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
  private final SpteWords words;
  private final Memslots memslots;
  private final TdpMmu tdp;
  private final FastPageFault fastPath;
  private final LocklessWalk walk;
  private final TableFrames tableFrames;
  private final HostResolver hostResolver;
  private final MmioMarks mmioMarks;
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
      SpteWords words,
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
    this.words = words;
    this.memslots = memslots;
    this.tdp = tdp;
    this.tableFrames = tableFrames;
    this.mmuLock = mmuLock;
    this.rcu = rcu;
    this.trace = trace;
    this.statistics = statistics;
    hostResolver =
        new HostResolver(config, format, memslots, hostPages, invalidations, decisions.retry());
    mmioMarks = new MmioMarks(format, trace);
    walk = decisions.locklessWalk().create(rcu);
    fastPath = new FastPageFault(words, format, writer, marker, walk, decisions.fastFault(), trace);
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
    } else if ((code & FaultCode.RESERVED) == 0
        && gfn < config.endGfn()
        && fastPath.isTried(isPresent, isWrite)) {
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
    ShadowPage top = root.get().page();
    FaultResult result = fastPath.fix(cpu, top.pfn(), top.level(), slots, gpa, code);
    if (result == FaultResult.INVALID) {
      return FaultResult.CONTINUE;
    }
    statistics.count(cpu, Stat.PF_FAST);
    return result;
  }

  private FaultResult slow(
      Cpu cpu, VcpuRoot root, MmioCache mmioCache, MemslotArray slots, Mapping mapping) {
    tableFrames.topUp(cpu);
    long gfn = mapping.gfn();
    FaultResult resolved = hostResolver.resolve(cpu, slots, mapping, mmioCache, gfn, Role.ALL);
    if (resolved != FaultResult.CONTINUE) {
      return resolved;
    }
    mmuLock.readLock(cpu);
    FaultResult result = FaultResult.RETRY;
    if (!root.get().isInvalid() && !hostResolver.isStale(mapping)) {
      mapping.chooseLevel(config, PageLevel.LEVEL_1G);
      rcu.readLock(cpu);
      result = tdp.map(cpu, root.get(), mapping);
      rcu.readUnlock(cpu);
    }
    mmuLock.readUnlock(cpu);
    rcu.poll(cpu);
    return result;
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
    return mmioMarks.isCurrent(cpu, slots, mmioCache, lastEntry(cpu, root, gfn), 0, gfn);
  }

  private long lastEntry(Cpu cpu, VcpuRoot root, long gfn) {
    walk.begin(cpu);
    int level = root.get().page().level();
    long table = root.get().page().pfn();
    long spte;
    while (true) {
      spte = words.getLockless(PhysicalMemory.hpa(table) + 8L * PageLevel.indexOfFrame(gfn, level));
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
    statistics.count(cpu, stat(result));
  }

  /** Under what a fault that ended so is counted. */
  static Stat stat(FaultResult result) {
    return switch (result) {
      case FIXED -> Stat.PF_FIXED;
      case SPURIOUS -> Stat.PF_SPURIOUS;
      case RETRY -> Stat.PF_RETRY;
      case EMULATE, WRITE_PROTECTED -> Stat.PF_EMULATE;
      case GUEST_FAULT -> Stat.PF_GUEST;
      case NESTED_VIOLATION -> Stat.NESTED_VIOLATIONS;
      case CONTINUE, INVALID -> throw new IllegalStateException("a fault ended as " + result);
    };
  }
}
