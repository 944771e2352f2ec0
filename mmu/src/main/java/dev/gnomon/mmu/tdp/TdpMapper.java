package dev.gnomon.mmu.tdp;

import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.config.Statistics;
import dev.gnomon.mmu.event.Tracepoints;
import dev.gnomon.mmu.make.SpteMaker;
import dev.gnomon.mmu.make.SpteWriter;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.HostPages;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.slot.Memslot;
import dev.gnomon.mmu.spte.MmioSpte;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.table.FaultResult;
import dev.gnomon.mmu.table.Mapping;
import dev.gnomon.mmu.table.Role;
import dev.gnomon.mmu.table.ShadowPage;
import dev.gnomon.mmu.table.ShadowPages;
import dev.gnomon.mmu.tlb.TlbFlusher;
import org.jspecify.annotations.Nullable;

/**
 * Installs what a fault wants, in parallel with other faults: under the MMU lock for reading,
 * inside an RCU read section, by compare-and-exchange alone.
 *
 * <p>Down from the root: a missing table is made and linked, a large page in the way is split (the
 * whole lower table is built first, then linked), and at the goal level the entry is exchanged.
 * Whoever loses a race takes its own work back and has the vCPU fault again.
 */
final class TdpMapper {
  private final PhysicalMemory memory;
  private final SpteFormat format;
  private final SpteMaker maker;
  private final SpteWriter writer;
  private final TdpTables tables;
  private final ShadowPages pages;
  private final TlbFlusher flusher;
  private final Tracepoints trace;
  private final Statistics statistics;

  TdpMapper(
      PhysicalMemory memory,
      SpteFormat format,
      SpteMaker maker,
      SpteWriter writer,
      TdpTables tables,
      ShadowPages pages,
      TlbFlusher flusher,
      Tracepoints trace,
      Statistics statistics) {
    this.memory = memory;
    this.format = format;
    this.maker = maker;
    this.writer = writer;
    this.tables = tables;
    this.pages = pages;
    this.flusher = flusher;
    this.trace = trace;
    this.statistics = statistics;
  }

  /** Maps it, or says why not: FIXED, SPURIOUS, RETRY, EMULATE (MMIO) or WRITE_PROTECTED. */
  FaultResult map(Cpu cpu, TdpRoot root, Mapping mapping) {
    long gfn = mapping.gfn();
    long pfn = mapping.slot() == null ? Tracepoints.PFN_NOSLOT : HostPages.pfn(mapping.page());
    trace.kvmMmuSpteRequested(cpu, gfn, pfn, mapping.goalLevel());
    int role = root.page().role();
    int goal = goalLevel(cpu, root, mapping);
    long table = root.page().pfn();
    for (int level = Role.level(role); ; level--) {
      long sptep = PhysicalMemory.hpa(table) + 8L * PageLevel.indexOfFrame(gfn, level);
      long spte = memory.getLong(sptep);
      if (SpteFormat.isFrozen(spte)) {
        return FaultResult.RETRY;
      }
      if (SpteFormat.isPresentLeaf(spte, level)
          && format.allows(spte, mapping.isWrite(), mapping.isFetch())) {
        return FaultResult.SPURIOUS;
      }
      if (level == goal) {
        return mapping.slot() == null
            ? installMmio(cpu, mapping, sptep, spte, level)
            : install(cpu, mapping, sptep, spte, level, role);
      }
      if (SpteFormat.isTable(spte, level)) {
        table = SpteFormat.pfn(spte);
      } else {
        ShadowPage lower =
            SpteFormat.isShadowPresent(spte)
                ? split(cpu, mapping, sptep, spte, level, role)
                : link(cpu, mapping, sptep, spte, level, role);
        if (lower == null) {
          return FaultResult.RETRY;
        }
        table = lower.pfn();
      }
    }
  }

  /**
   * Where the NX mitigation has split a large page, faults other than fetches go on below it: else
   * a data access and an execution in the same large page would take turns for ever.
   */
  private int goalLevel(Cpu cpu, TdpRoot root, Mapping mapping) {
    int goal = mapping.goalLevel();
    if (goal == PageLevel.LEVEL_4K) {
      return goal;
    }
    long table = root.page().pfn();
    for (int level = root.page().level(); level > PageLevel.LEVEL_4K; level--) {
      long spte =
          memory.getLong(
              PhysicalMemory.hpa(table) + 8L * PageLevel.indexOfFrame(mapping.gfn(), level));
      if (!SpteFormat.isTable(spte, level)) {
        return goal;
      }
      table = SpteFormat.pfn(spte);
      if (level <= goal && pages.isNxDisallowed(cpu, table)) {
        goal = level - 1;
      }
    }
    return goal;
  }

  private FaultResult install(Cpu cpu, Mapping mapping, long sptep, long old, int level, int role) {
    Memslot slot = mapping.slot();
    long base = PageLevel.alignDown(mapping.gfn(), level);
    long page = mapping.page();
    long spte = maker.make(cpu, slot, level, mapping.gfn(), page, old, role);
    if (spte != old) {
      if (!writer.tryReplace(sptep, old, spte, level)) {
        return FaultResult.RETRY;
      }
      if (SpteFormat.isTable(old, level)) {
        flusher.flushRange(cpu, base, base + PageLevel.frames(level));
      }
      tables.changed(cpu, base, old, spte, level, true);
    }
    trace.kvmMmuSetSpte(cpu, level, base, sptep, spte);
    if (mapping.isWrite() && !SpteFormat.isWritable(spte)) {
      return slot.isReadOnly() || !HostPages.isWritable(page)
          ? FaultResult.EMULATE
          : FaultResult.WRITE_PROTECTED;
    }
    return spte == old ? FaultResult.SPURIOUS : FaultResult.FIXED;
  }

  private FaultResult installMmio(Cpu cpu, Mapping mapping, long sptep, long old, int level) {
    if (SpteFormat.isShadowPresent(old)) {
      // The slot went away, but its mapping is not zapped yet.
      return FaultResult.RETRY;
    }
    long gfn = mapping.gfn();
    long spte = MmioSpte.make(format, gfn, mapping.generation());
    if (spte != old) {
      if (!writer.tryReplace(sptep, old, spte, level)) {
        return FaultResult.RETRY;
      }
      tables.changed(cpu, gfn, old, spte, level, true);
      statistics.count(cpu, Stat.PF_MMIO_SPTE_CREATED);
    }
    trace.markMmioSpte(cpu, sptep, gfn, MmioSpte.bits(spte), MmioSpte.generation(spte));
    return FaultResult.EMULATE;
  }

  /** Links an empty table; null if another CPU was faster. */
  private @Nullable ShadowPage link(
      Cpu cpu, Mapping mapping, long sptep, long old, int level, int role) {
    ShadowPage lower = tables.create(cpu, mapping.gfn(), Role.atLevel(role, level - 1));
    long table = format.table(lower.pfn());
    if (!writer.tryReplace(sptep, old, table, level)) {
      tables.discard(cpu, lower);
      return null;
    }
    tables.changed(cpu, PageLevel.alignDown(mapping.gfn(), level), old, table, level, true);
    noteNxSplit(cpu, mapping, lower, level);
    return lower;
  }

  /**
   * Puts a table of smaller pages in the place of a large one; null if the entry changed meanwhile.
   */
  private @Nullable ShadowPage split(
      Cpu cpu, Mapping mapping, long sptep, long large, int level, int role) {
    long gfn = PageLevel.alignDown(mapping.gfn(), level);
    ShadowPage lower = tables.createSplit(cpu, gfn, large, level, role);
    long table = format.table(lower.pfn());
    if (!writer.tryReplace(sptep, large, table, level)) {
      tables.discard(cpu, lower);
      return null;
    }
    tables.splitLinked(cpu, gfn, large, table, level, true);
    noteNxSplit(cpu, mapping, lower, level);
    return lower;
  }

  private void noteNxSplit(Cpu cpu, Mapping mapping, ShadowPage lower, int level) {
    if (level <= mapping.levelWithoutNx()) {
      pages.setNxDisallowed(cpu, lower);
    }
  }
}
