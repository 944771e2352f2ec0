package dev.gnomon.mmu.sync;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;

/**
 * Read-copy-update: who unlinks something frees it only after every reader that might still see it
 * has left its read section.
 *
 * <p>A reader stores the current epoch into a word of its own, then (full barrier) reads. Who
 * retires a thing has already unlinked it; it moves the epoch on by a read-modify-write and keeps
 * the thing with the old epoch. The thing may be freed once no CPU's word holds that epoch or an
 * older one. A reader whose announcement a scan misses made it after the scan, hence reads after
 * the unlinking was visible.
 *
 * <p>Read sections do not nest. What is retired waits in a list of the retiring CPU, and is freed
 * by that CPU in {@link #poll} or {@link #drain}.
 */
public final class ReadCopyUpdate {

  /** What is done with a retired thing once no reader can see it. */
  @FunctionalInterface
  public interface Reclaimer {
    void reclaim(Cpu cpu, long retired);
  }

  /** Nothing to reclaim: for users who only {@link #synchronize}. */
  public static final Reclaimer NOTHING = (cpu, retired) -> {};

  private static final int EPOCH = 0;
  private static final int READERS = SharedWords.STRIDE;
  private static final long FIRST_EPOCH = 1;

  private final Platform platform;
  private final int cpus;
  private final Reclaimer reclaimer;
  private final SharedWords words;

  /** By CPU, and owned by it. */
  private final RetiredQueue[] retired;

  public ReadCopyUpdate(Platform platform, Reclaimer reclaimer) {
    this.platform = platform;
    this.reclaimer = reclaimer;
    cpus = platform.cpus();
    words = platform.newWords(READERS + cpus * SharedWords.STRIDE);
    words.set(EPOCH, FIRST_EPOCH);
    retired = new RetiredQueue[cpus];
    for (int i = 0; i < cpus; i++) {
      retired[i] = new RetiredQueue();
    }
  }

  /** Enters a read section. */
  public void readLock(Cpu cpu) {
    assert !isReadBy(cpu) : "CPU " + cpu.index() + " reads already";
    words.set(readerWord(cpu.index()), words.get(EPOCH));
    platform.fullFence();
  }

  /** Leaves the read section. */
  public void readUnlock(Cpu cpu) {
    assert isReadBy(cpu) : "CPU " + cpu.index() + " does not read";
    words.set(readerWord(cpu.index()), 0);
  }

  /** Whether this CPU is in a read section. */
  public boolean isReadBy(Cpu cpu) {
    return words.get(readerWord(cpu.index())) != 0;
  }

  /** Hands over a thing that no new reader can reach, to be reclaimed after a grace period. */
  public void retire(Cpu cpu, long thing) {
    retired[cpu.index()].add(words.getAndAdd(EPOCH, 1), thing);
  }

  /** Reclaims what this CPU retired and no reader can see any more. Never waits. */
  public void poll(Cpu cpu) {
    if (!retired[cpu.index()].isEmpty()) {
      reclaimBefore(cpu, oldestReader());
    }
  }

  private void reclaimBefore(Cpu cpu, long epoch) {
    RetiredQueue queue = retired[cpu.index()];
    while (!queue.isEmpty() && queue.firstEpoch() < epoch) {
      reclaimer.reclaim(cpu, queue.removeFirst());
    }
  }

  /**
   * Waits until every reader that was in a read section has left it. The caller must not be in one,
   * nor hold anything that a reader waits for.
   */
  public void synchronize(Cpu cpu) {
    awaitGracePeriod(cpu);
  }

  /** Returns the epoch that it waited for: whatever was retired before can be reclaimed. */
  private long awaitGracePeriod(Cpu cpu) {
    assert !isReadBy(cpu) : "CPU " + cpu.index() + " would wait for itself";
    long epoch = words.getAndAdd(EPOCH, 1);
    for (int i = 0; i < cpus; i++) {
      int reader = readerWord(i);
      long seen;
      while ((seen = words.get(reader)) != 0 && seen <= epoch) {
        cpu.awaitChange(words, reader, seen);
      }
    }
    return epoch;
  }

  /** Waits for a grace period and reclaims all that this CPU retired. */
  public void drain(Cpu cpu) {
    if (!retired[cpu.index()].isEmpty()) {
      // No second look at the readers: one that announces an old epoch only now sees nothing of it.
      reclaimBefore(cpu, awaitGracePeriod(cpu));
    }
  }

  /** Reclaims all that any CPU retired. For the end: nobody reads or retires any more. */
  public void drainAll(Cpu cpu) {
    synchronize(cpu);
    for (RetiredQueue queue : retired) {
      while (!queue.isEmpty()) {
        reclaimer.reclaim(cpu, queue.removeFirst());
      }
    }
  }

  /** How many things this CPU has retired that are not reclaimed yet. */
  public int pending(Cpu cpu) {
    return retired[cpu.index()].size();
  }

  private long oldestReader() {
    long oldest = Long.MAX_VALUE;
    for (int i = 0; i < cpus; i++) {
      long epoch = words.get(readerWord(i));
      if (epoch != 0 && epoch < oldest) {
        oldest = epoch;
      }
    }
    return oldest;
  }

  private static int readerWord(int cpuIndex) {
    return READERS + cpuIndex * SharedWords.STRIDE;
  }
}
