package dev.gnomon.mmu.shadow;

import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.config.Statistics;
import dev.gnomon.mmu.event.Tracepoints;
import dev.gnomon.mmu.make.SpteMaker;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.HostPages;
import dev.gnomon.mmu.slot.Memslot;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.table.FaultResult;
import dev.gnomon.mmu.table.Mapping;
import dev.gnomon.mmu.table.Role;
import dev.gnomon.mmu.tlb.TlbFlusher;
import org.jspecify.annotations.Nullable;

/**
 * Installs what a fault wants.
 *
 * <p>Direct: down from the root to the goal level, making pages on the way. Indirect: down the
 * guest's own levels first, each of whose tables gets a page of its own and is compared once more
 * with what the walk has read, because only now is it protected; below the guest's leaf, if that is
 * larger than what can be mapped, direct pages.
 *
 * <p>Under the MMU lock for writing.
 */
final class ShadowMapper {
  private final MmuConfig config;
  private final PageStore pages;
  private final ShadowEntries entries;
  private final ShadowTables tables;
  private final PageFinder finder;
  private final PageSync sync;
  private final LeafInstaller installer;
  private final Prefetcher prefetcher;
  private final GuestWalker walker;
  private final TlbFlusher flusher;
  private final Tracepoints trace;
  private final Statistics statistics;

  ShadowMapper(
      Foundation base,
      PageStore pages,
      ShadowEntries entries,
      ShadowTables tables,
      PageFinder finder,
      PageSync sync,
      LeafInstaller installer,
      Prefetcher prefetcher,
      GuestWalker walker) {
    config = base.config();
    this.pages = pages;
    this.entries = entries;
    this.tables = tables;
    this.finder = finder;
    this.sync = sync;
    this.installer = installer;
    this.prefetcher = prefetcher;
    this.walker = walker;
    flusher = base.flusher();
    trace = base.trace();
    statistics = base.statistics();
  }

  /**
   * Maps under a direct root: FIXED, SPURIOUS, RETRY, EMULATE (MMIO) or WRITE_PROTECTED.
   *
   * @param limit the largest level to map at
   */
  FaultResult mapDirect(
      Cpu cpu,
      GuestFormat guest,
      ShadowRoot root,
      ShadowFault fault,
      int limit,
      boolean mayPrefetch) {
    MmuPage page = root.top(fault.address());
    if (page == null) {
      return FaultResult.RETRY;
    }
    fault.mapping().chooseLevel(config, limit);
    tellRequested(cpu, fault.mapping());
    return finish(cpu, guest, fault, page, Role.ALL, mayPrefetch);
  }

  /** Maps under a root that shadows the guest's tables; the fault bears the walk of those. */
  FaultResult mapIndirect(
      Cpu cpu, GuestFormat guest, ShadowRoot root, ShadowFault fault, boolean mayPrefetch) {
    GuestWalk walk = fault.walk();
    MmuPage page = root.top(fault.address());
    if (page == null || walker.hasChanged(walk, guest, walk.top)) {
      return FaultResult.RETRY;
    }
    page.used();
    while (page.level() > walk.level) {
      page = descend(cpu, guest, fault, page);
      if (page == null) {
        return FaultResult.RETRY;
      }
      page.used();
    }
    fault.mapping().chooseLevel(config, walk.level);
    tellRequested(cpu, fault.mapping());
    return finish(cpu, guest, fault, page, fault.access(), mayPrefetch);
  }

  private void tellRequested(Cpu cpu, Mapping mapping) {
    long pfn = mapping.slot() == null ? Tracepoints.PFN_NOSLOT : HostPages.pfn(mapping.page());
    trace.kvmMmuSpteRequested(cpu, mapping.gfn(), pfn, mapping.goalLevel());
  }

  /** Goes down to the page of the guest's next table; null if the guest has changed its tables. */
  private @Nullable MmuPage descend(Cpu cpu, GuestFormat guest, ShadowFault fault, MmuPage page) {
    GuestWalk walk = fault.walk();
    int index = PageLevel.index(fault.address(), page.level());
    long sptep = page.sptep(index);
    long spte = entries.read(sptep);
    int level = page.level();
    MmuPage child;
    boolean isLinked = SpteFormat.isTable(spte, level);
    if (isLinked) {
      child = pages.at(SpteFormat.pfn(spte));
      if (child.isLocal()) {
        return child;
      }
    } else {
      int role =
          page.isLocal()
              ? LocalPages.quarterRole(page, index)
              : Role.child(page.role(), index, false, walk.accesses[level]);
      child = finder.get(cpu, guest, walk.tableGfn(level - 1), role);
      if (UnsyncMarks.children(child) > 0) {
        sync.syncAll(cpu, guest, child);
      }
    }
    if (walker.hasChanged(walk, guest, level - 1)) {
      return null;
    }
    if (!isLinked) {
      tables.link(cpu, sptep, child);
    }
    return child;
  }

  /** From the page of the guest's leaf, or a direct root, down to the goal level. */
  private FaultResult finish(
      Cpu cpu,
      GuestFormat guest,
      ShadowFault fault,
      MmuPage from,
      int directAccess,
      boolean mayPrefetch) {
    Mapping mapping = fault.mapping();
    MmuPage page = from;
    int goal = mapping.goalLevel();
    while (true) {
      int level = page.level();
      int index = PageLevel.index(fault.address(), level);
      long sptep = page.sptep(index);
      long spte = entries.read(sptep);
      boolean isTable = SpteFormat.isTable(spte, level);
      if (level == goal && isTable && pages.at(SpteFormat.pfn(spte)).isNxSplit) {
        goal--;
      }
      if (level == goal) {
        return install(cpu, guest, fault, page, sptep, mayPrefetch);
      }
      MmuPage child = isTable ? pages.at(SpteFormat.pfn(spte)) : null;
      if (child != null && Role.access(child.role()) != directAccess) {
        // The guest's D was set since: the page below was made for a read-only mapping.
        tables.unlink(cpu, sptep, child);
        flusher.flushAll(cpu);
        child = null;
      }
      if (child == null) {
        int role = Role.child(page.role(), index, true, directAccess);
        child = finder.get(cpu, guest, PageLevel.alignDown(mapping.gfn(), level), role);
        tables.link(cpu, sptep, child);
        if (level <= mapping.levelWithoutNx()) {
          child.isNxSplit = true;
          statistics.count(cpu, Stat.NX_LPAGE_SPLITS);
        }
      }
      page = child;
    }
  }

  private FaultResult install(
      Cpu cpu,
      GuestFormat guest,
      ShadowFault fault,
      MmuPage page,
      long sptep,
      boolean mayPrefetch) {
    Mapping mapping = fault.mapping();
    Memslot slot = mapping.slot();
    FaultResult result;
    if (slot == null) {
      long generation = mapping.generation();
      installer.installMmio(cpu, page, sptep, mapping.gfn(), fault.access(), generation);
      result = FaultResult.EMULATE;
    } else {
      result =
          installer.install(
              cpu,
              slot,
              page,
              sptep,
              mapping.gfn(),
              mapping.page(),
              fault.access(),
              SpteMaker.Purpose.FAULT);
      if (result == FaultResult.WRITE_PROTECTED && !mapping.isWrite()) {
        result = FaultResult.FIXED;
      }
    }
    if (result != FaultResult.SPURIOUS && mayPrefetch) {
      prefetcher.prefetch(cpu, guest, page, sptep);
    }
    return result;
  }
}
