package dev.gnomon.mmu.sync;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;

/**
 * The MMU lock in words.
 *
 * <p>Each CPU announces that it reads in a word of its own, so parallel readers write no common
 * line. A reader stores its announcement, then (full barrier) looks for a writer; a writer stores
 * its claim by a read-modify-write, then looks at every announcement. So at least one of two that
 * meet sees the other: the reader takes its announcement back and waits for the writer to be gone,
 * the writer waits for each reader to leave. A writer's claim keeps new readers out.
 *
 * <p>Those who wait are counted, only on the slow path.
 */
final class WordMmuLock extends MmuLock {
  private static final int WRITER = 0;
  private static final int WAITERS = SharedWords.STRIDE;
  private static final int READERS = 2 * SharedWords.STRIDE;

  private final Platform platform;
  private final int cpus;
  private final SharedWords words;
  private final Holders holders;

  WordMmuLock(Platform platform) {
    this.platform = platform;
    cpus = platform.cpus();
    words = platform.newWords(READERS + cpus * SharedWords.STRIDE);
    holders = new Holders(cpus, "the MMU lock");
  }

  @Override
  public void readLock(Cpu cpu) {
    holders.requireNothing(cpu);
    int mine = readerWord(cpu);
    words.set(mine, 1);
    platform.fullFence();
    if (words.get(WRITER) != 0) {
      readLockSlowly(cpu, mine);
    }
    holders.set(cpu, Holders.READS);
  }

  private void readLockSlowly(Cpu cpu, int mine) {
    words.getAndAdd(WAITERS, 1);
    long writer;
    while ((writer = words.get(WRITER)) != 0) {
      words.set(mine, 0);
      cpu.awaitChange(words, WRITER, writer);
      words.set(mine, 1);
      platform.fullFence();
    }
    words.getAndAdd(WAITERS, -1);
  }

  @Override
  public void readUnlock(Cpu cpu) {
    holders.require(cpu, Holders.READS);
    holders.set(cpu, Holders.NOTHING);
    words.set(readerWord(cpu), 0);
  }

  @Override
  public void writeLock(Cpu cpu) {
    holders.requireNothing(cpu);
    long mine = cpu.index() + 1;
    long holder = words.compareAndExchange(WRITER, 0, mine);
    if (holder != 0) {
      words.getAndAdd(WAITERS, 1);
      do {
        cpu.awaitChange(words, WRITER, holder);
      } while ((holder = words.compareAndExchange(WRITER, 0, mine)) != 0);
      words.getAndAdd(WAITERS, -1);
    }
    for (int i = 0; i < cpus; i++) {
      int reader = READERS + i * SharedWords.STRIDE;
      long reading;
      while ((reading = words.get(reader)) != 0) {
        cpu.awaitChange(words, reader, reading);
      }
    }
    holders.set(cpu, Holders.WRITES);
  }

  @Override
  public void writeUnlock(Cpu cpu) {
    holders.require(cpu, Holders.WRITES);
    holders.set(cpu, Holders.NOTHING);
    words.set(WRITER, 0);
  }

  @Override
  public boolean isReadBy(Cpu cpu) {
    return holders.is(cpu, Holders.READS);
  }

  @Override
  public boolean isWrittenBy(Cpu cpu) {
    return holders.is(cpu, Holders.WRITES);
  }

  @Override
  public boolean isContended(Cpu cpu) {
    return words.get(WAITERS) != 0 || (!isWrittenBy(cpu) && words.get(WRITER) != 0);
  }

  private static int readerWord(Cpu cpu) {
    return READERS + cpu.index() * SharedWords.STRIDE;
  }
}
