package dev.gnomon.mmu.tdp;

import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.Statistics;
import dev.gnomon.mmu.dirty.LogProtection;
import dev.gnomon.mmu.event.Tracepoints;
import dev.gnomon.mmu.make.SpteMaker;
import dev.gnomon.mmu.make.SpteWriter;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.HostPages;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.slot.Memslot;
import dev.gnomon.mmu.spte.DirtReportRule;
import dev.gnomon.mmu.spte.FlushRule;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.sync.MmuLock;
import dev.gnomon.mmu.sync.ReadCopyUpdate;
import dev.gnomon.mmu.sync.Synchronization;
import dev.gnomon.mmu.table.FaultResult;
import dev.gnomon.mmu.table.Mapping;
import dev.gnomon.mmu.table.ShadowPage;
import dev.gnomon.mmu.table.ShadowPages;
import dev.gnomon.mmu.table.TableFrames;
import dev.gnomon.mmu.tlb.TlbFlusher;
import java.util.List;

/**
 * The TDP MMU of a VM: the door to its parts. What each does, and under which lock, is said there;
 * here only whether the caller holds the MMU lock (shared: for reading, exclusive: for writing) or
 * must not.
 */
public final class TdpMmu {
  private final TdpRoots roots;
  private final TdpMapper mapper;
  private final TdpZapper zapper;
  private final TdpLog log;
  private final TdpSplitter splitter;
  private final TdpAging aging;
  private final TdpRecovery recovery;

  /** The rules that decide within this MMU. */
  public record Decisions(
      DirtReportRule dirtReport,
      FlushRule flushOnUpdate,
      ZapOrderRule zapOrder,
      HugeRecoveryRule hugeRecovery) {}

  public TdpMmu(
      Platform platform,
      Synchronization synchronization,
      MmuConfig config,
      SpteFormat format,
      SpteMaker maker,
      SpteWriter writer,
      TableFrames tableFrames,
      ShadowPages pages,
      MmuLock mmuLock,
      ReadCopyUpdate rcu,
      TlbFlusher flusher,
      HostPages hostPages,
      Decisions decisions,
      Tracepoints trace,
      Statistics statistics) {
    PhysicalMemory memory = platform.memory();
    TdpTables tables =
        new TdpTables(
            memory,
            config.tableEntries(),
            format,
            writer,
            maker,
            tableFrames,
            pages,
            rcu,
            hostPages,
            decisions.dirtReport(),
            trace,
            statistics);
    roots = new TdpRoots(synchronization, config, tables, tableFrames, mmuLock);
    mapper =
        new TdpMapper(memory, format, maker, writer, tables, pages, flusher, trace, statistics);
    zapper =
        new TdpZapper(memory, tables, roots, writer, mmuLock, rcu, flusher, decisions.zapOrder());
    log =
        new TdpLog(
            memory, config, format, tables, roots, writer, mmuLock, decisions.flushOnUpdate());
    splitter = new TdpSplitter(memory, format, tables, roots, writer, tableFrames, mmuLock, rcu);
    aging = new TdpAging(memory, format, tables, roots, writer);
    recovery =
        new TdpRecovery(
            memory,
            tables,
            roots,
            zapper,
            maker,
            writer,
            pages,
            hostPages,
            mmuLock,
            flusher,
            decisions.hugeRecovery(),
            config.largestLevel(),
            statistics);
  }

  /** The valid root, for L1 or for L2, with one user more. Without the lock. */
  public TdpRoot acquireRoot(Cpu cpu, boolean isGuestMode) {
    return roots.acquire(cpu, isGuestMode);
  }

  /** Gives up a root. Without the lock. */
  public void releaseRoot(Cpu cpu, TdpRoot root) {
    roots.release(cpu, root);
  }

  /** All roots, each with one user more, for an audit. */
  public List<TdpRoot> acquireAllRoots(Cpu cpu) {
    return roots.acquireAll(cpu);
  }

  /** The pages of all roots, for one who looks on while nothing runs. */
  public List<ShadowPage> rootPages() {
    return roots.pages();
  }

  /** Maps what a fault wants. Shared lock, inside an RCU read section. */
  public FaultResult map(Cpu cpu, TdpRoot root, Mapping mapping) {
    return mapper.map(cpu, root, mapping);
  }

  /** Zaps the leaves of a range; returns whether a flush is owed. Exclusive lock. */
  public boolean zapLeaves(Cpu cpu, long firstGfn, long endGfn) {
    return zapper.zapLeaves(cpu, firstGfn, endGfn);
  }

  /** Marks all roots invalid; they are to be handed to {@link #zapInvalidated}. Exclusive lock. */
  public List<TdpRoot> invalidateRoots(Cpu cpu) {
    return roots.invalidateAll(cpu);
  }

  /** Zaps roots that no vCPU enters the guest with any more. Without the lock. */
  public void zapInvalidated(Cpu cpu, List<TdpRoot> invalidated) {
    zapper.zapInvalidated(cpu, invalidated);
  }

  /** Zaps all that is mapped, when the VM ends. Exclusive lock; nobody is in the guest. */
  public void zapAll(Cpu cpu) {
    zapper.zapAll(cpu);
  }

  /** The protection that the dirty log asks for, page by page. */
  public LogProtection logProtection() {
    return log;
  }

  /** Protects all of a slot for the dirty log. Exclusive lock. */
  public void protectSlot(Cpu cpu, Memslot slot) {
    log.protectSlot(cpu, slot);
  }

  /** Write-protects a gfn for write tracking; returns whether a flush is owed. Exclusive lock. */
  public boolean writeProtect(Cpu cpu, long gfn) {
    return log.writeProtect(cpu, gfn);
  }

  /** Splits the large pages of a range. Without the lock. */
  public void splitAll(Cpu cpu, long firstGfn, long endGfn) {
    splitter.splitAll(cpu, firstGfn, endGfn);
  }

  /** Brings a slot's large pages back. Exclusive lock. */
  public void recoverSlot(Cpu cpu, Memslot slot) {
    recovery.recoverSlot(cpu, slot);
  }

  /** Undoes up to {@code limit} splits of the NX mitigation; returns how many. Exclusive lock. */
  public int recoverNx(Cpu cpu, int limit) {
    return recovery.recoverNx(cpu, limit);
  }

  /** Whether the range was used since the last call; forgets it. Exclusive lock. */
  public boolean clearYoung(Cpu cpu, long firstGfn, long endGfn) {
    return aging.clearYoung(cpu, firstGfn, endGfn);
  }

  /** Whether the range was used since the last {@link #clearYoung}. Exclusive lock. */
  public boolean testYoung(Cpu cpu, long firstGfn, long endGfn) {
    return aging.testYoung(cpu, firstGfn, endGfn);
  }
}
