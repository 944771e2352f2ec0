package dev.gnomon.mmu.notify;

import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.config.Statistics;
import dev.gnomon.mmu.event.Tracepoints;
import dev.gnomon.mmu.fault.Invalidations;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.HostPages;
import dev.gnomon.mmu.shadow.ShadowMmu;
import dev.gnomon.mmu.slot.Memslot;
import dev.gnomon.mmu.slot.MemslotArray;
import dev.gnomon.mmu.slot.Memslots;
import dev.gnomon.mmu.sync.MmuLock;
import dev.gnomon.mmu.sync.ReadCopyUpdate;
import dev.gnomon.mmu.tdp.TdpMmu;
import dev.gnomon.mmu.tdp.ZapOrderRule;
import dev.gnomon.mmu.tlb.TlbFlusher;

/**
 * What the host's memory manager asks, in ranges of host-virtual frames.
 *
 * <p>An invalidation has a start and an end. When the start has returned, nothing maps the range
 * and no TLB knows it; until the end, no fault maps it again. Several may overlap. Called from
 * outside guest mode, not inside a read section of the memslots.
 */
public final class MmuNotifier {
  private final Memslots memslots;
  private final TdpMmu tdp;
  private final ShadowMmu shadow;
  private final Invalidations invalidations;
  private final MmuLock mmuLock;
  private final ReadCopyUpdate rcu;
  private final TlbFlusher flusher;
  private final ZapOrderRule zapOrder;
  private final AgingFlushRule agingFlush;
  private final Tracepoints trace;
  private final Statistics statistics;

  public MmuNotifier(
      Memslots memslots,
      TdpMmu tdp,
      ShadowMmu shadow,
      Invalidations invalidations,
      MmuLock mmuLock,
      ReadCopyUpdate rcu,
      TlbFlusher flusher,
      ZapOrderRule zapOrder,
      AgingFlushRule agingFlush,
      Tracepoints trace,
      Statistics statistics) {
    this.memslots = memslots;
    this.tdp = tdp;
    this.shadow = shadow;
    this.invalidations = invalidations;
    this.mmuLock = mmuLock;
    this.rcu = rcu;
    this.flusher = flusher;
    this.zapOrder = zapOrder;
    this.agingFlush = agingFlush;
    this.trace = trace;
    this.statistics = statistics;
  }

  /** The host is about to take [first, end) away. */
  public void invalidateStart(Cpu cpu, long firstHvn, long endHvn) {
    statistics.count(cpu, Stat.MMU_NOTIFIER_INVALIDATIONS);
    trace.kvmUnmapHvaRange(cpu, HostPages.hva(firstHvn), HostPages.hva(endHvn));
    memslots.enter(cpu);
    mmuLock.writeLock(cpu);
    invalidations.begin(cpu, firstHvn, endHvn);
    boolean owesFlush = forEachSlot(cpu, firstHvn, endHvn, shadow::zapLeaves);
    owesFlush |= forEachSlot(cpu, firstHvn, endHvn, tdp::zapLeaves);
    if (owesFlush && zapOrder.flushesFirst()) {
      flusher.flushAll(cpu);
    }
    mmuLock.writeUnlock(cpu);
    memslots.leave(cpu);
    rcu.poll(cpu);
  }

  /** The host has changed its own mapping of [first, end). */
  public void invalidateEnd(Cpu cpu, long firstHvn, long endHvn) {
    mmuLock.writeLock(cpu);
    invalidations.end(cpu);
    mmuLock.writeUnlock(cpu);
    if (!zapOrder.flushesFirst()) {
      flusher.flushRange(cpu, firstHvn, endHvn);
    }
  }

  /** Whether [first, end) was used since the last call; forgets it. */
  public boolean clearYoung(Cpu cpu, long firstHvn, long endHvn) {
    trace.kvmAgeHva(cpu, HostPages.hva(firstHvn), HostPages.hva(endHvn));
    memslots.enter(cpu);
    mmuLock.writeLock(cpu);
    boolean isYoung = forEachSlot(cpu, firstHvn, endHvn, shadow::clearYoung);
    isYoung |= forEachSlot(cpu, firstHvn, endHvn, tdp::clearYoung);
    if (agingFlush.flushes(isYoung)) {
      flusher.flushAll(cpu);
    }
    mmuLock.writeUnlock(cpu);
    memslots.leave(cpu);
    return isYoung;
  }

  /** Whether [first, end) was used since the last {@link #clearYoung}. */
  public boolean testYoung(Cpu cpu, long firstHvn, long endHvn) {
    trace.kvmTestAgeHva(cpu, HostPages.hva(firstHvn));
    memslots.enter(cpu);
    mmuLock.writeLock(cpu);
    boolean isYoung =
        forEachSlot(cpu, firstHvn, endHvn, shadow::testYoung)
            || forEachSlot(cpu, firstHvn, endHvn, tdp::testYoung);
    mmuLock.writeUnlock(cpu);
    memslots.leave(cpu);
    return isYoung;
  }

  /** Flushes every vCPU's TLB: what the guest writes from now on, its entries allow now. */
  public void flush(Cpu cpu) {
    flusher.flushAll(cpu);
  }

  /** What is asked of a range of gfns. */
  @FunctionalInterface
  private interface RangeQuestion {
    boolean ask(Cpu cpu, long firstGfn, long endGfn);
  }

  /** Asks for each range of gfns that the host range backs; whether any answer was yes. */
  private boolean forEachSlot(Cpu cpu, long firstHvn, long endHvn, RangeQuestion question) {
    boolean any = false;
    MemslotArray slots = memslots.current();
    for (int i = 0; i < slots.size(); i++) {
      Memslot slot = slots.get(i);
      long first = Math.max(firstHvn, slot.baseHvn());
      long end = Math.min(endHvn, slot.baseHvn() + slot.pages());
      if (first < end) {
        any |= question.ask(cpu, slot.gfnOfHvn(first), slot.gfnOfHvn(end));
      }
    }
    return any;
  }
}
