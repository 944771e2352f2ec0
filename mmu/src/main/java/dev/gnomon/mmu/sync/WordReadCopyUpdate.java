package dev.gnomon.mmu.sync;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;

/**
 * Read-copy-update in words.
 *
 * <p>A reader stores the current epoch into a word of its own, then (full barrier) reads. Who
 * retires a thing has already unlinked it; it moves the epoch on by a read-modify-write and keeps
 * the thing with the old epoch. The thing may be freed once no CPU's word holds that epoch or an
 * older one. A reader whose announcement a scan misses made it after the scan, hence reads after
 * the unlinking was visible.
 */
final class WordReadCopyUpdate extends ReadCopyUpdate {
  private static final int EPOCH = 0;
  private static final int READERS = SharedWords.STRIDE;
  private static final long FIRST_EPOCH = 1;

  private final Platform platform;
  private final int cpus;
  private final Reclaimer reclaimer;
  private final SharedWords words;
  private final Holders holders;

  /** By CPU, and owned by it. */
  private final RetiredQueue[] retired;

  WordReadCopyUpdate(Platform platform, Reclaimer reclaimer) {
    this.platform = platform;
    this.reclaimer = reclaimer;
    cpus = platform.cpus();
    words = platform.newWords(READERS + cpus * SharedWords.STRIDE);
    words.set(EPOCH, FIRST_EPOCH);
    holders = new Holders(cpus, "a read section");
    retired = new RetiredQueue[cpus];
    for (int i = 0; i < cpus; i++) {
      retired[i] = new RetiredQueue();
    }
  }

  @Override
  public void readLock(Cpu cpu) {
    holders.requireNothing(cpu);
    holders.set(cpu, Holders.READS);
    words.set(readerWord(cpu.index()), words.get(EPOCH));
    platform.fullFence();
  }

  @Override
  public void readUnlock(Cpu cpu) {
    holders.require(cpu, Holders.READS);
    holders.set(cpu, Holders.NOTHING);
    words.set(readerWord(cpu.index()), 0);
  }

  @Override
  public boolean isReadBy(Cpu cpu) {
    return holders.is(cpu, Holders.READS);
  }

  @Override
  public void retire(Cpu cpu, long thing) {
    retired[cpu.index()].add(words.getAndAdd(EPOCH, 1), thing);
  }

  @Override
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

  @Override
  public void synchronize(Cpu cpu) {
    awaitGracePeriod(cpu);
  }

  /** Returns the epoch that it waited for: whatever was retired before can be reclaimed. */
  private long awaitGracePeriod(Cpu cpu) {
    holders.requireNothing(cpu);
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

  @Override
  public void drain(Cpu cpu) {
    if (!retired[cpu.index()].isEmpty()) {
      // No second look at the readers: one that announces an old epoch only now sees nothing of it.
      reclaimBefore(cpu, awaitGracePeriod(cpu));
    }
  }

  @Override
  public void drainAll(Cpu cpu) {
    synchronize(cpu);
    for (RetiredQueue queue : retired) {
      while (!queue.isEmpty()) {
        reclaimer.reclaim(cpu, queue.removeFirst());
      }
    }
  }

  @Override
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
