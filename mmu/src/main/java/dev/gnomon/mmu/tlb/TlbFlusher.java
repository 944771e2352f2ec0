package dev.gnomon.mmu.tlb;

import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.config.Statistics;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.sync.Rendezvous;

/**
 * Flushing the TLBs of all of a VM's vCPUs. When a flush has returned, no vCPU uses a translation
 * that was cached before it: each has left guest mode since, and flushes before it enters again.
 *
 * <p>The processor that is modelled has no flush of a range, so ranges flush all.
 */
public final class TlbFlusher {
  private final Rendezvous rendezvous;
  private final Statistics statistics;

  public TlbFlusher(Rendezvous rendezvous, Statistics statistics) {
    this.rendezvous = rendezvous;
    this.statistics = statistics;
  }

  /** Flushes everything on every vCPU, and waits. The caller must not be in guest mode. */
  public void flushAll(Cpu cpu) {
    statistics.count(cpu, Stat.REMOTE_TLB_FLUSH_REQUESTS);
    rendezvous.requestAllAndWait(cpu, Requests.TLB_FLUSH);
    statistics.count(cpu, Stat.REMOTE_TLB_FLUSH);
  }

  /** Flushes a range of gfns on every vCPU, and waits. */
  public void flushRange(Cpu cpu, long firstGfn, long endGfn) {
    if (firstGfn < endGfn) {
      flushAll(cpu);
    }
  }

  /** Has every vCPU drop its root and load a current one, and waits until none runs on the old. */
  public void reloadRoots(Cpu cpu) {
    rendezvous.requestAllAndWait(cpu, Requests.RELOAD_ROOT);
  }

  /** Has every vCPU leave guest mode once, and waits until those that were in it have. */
  public void kickAll(Cpu cpu) {
    rendezvous.requestAllAndWait(cpu, Requests.KICK);
  }
}
