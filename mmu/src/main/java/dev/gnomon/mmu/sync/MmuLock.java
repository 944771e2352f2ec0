package dev.gnomon.mmu.sync;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;

/**
 * The lock of a VM's MMU: any number of readers, or one writer. Not reentrant, no upgrade.
 *
 * <p>Each CPU announces that it reads in a word of its own, so parallel readers write no common
 * line. A reader stores its announcement, then (full barrier) looks for a writer; a writer stores
 * its claim by a read-modify-write, then looks at every announcement. So at least one of two that
 * meet sees the other: the reader takes its announcement back and waits for the writer to be gone,
 * the writer waits for each reader to leave. A writer's claim keeps new readers out.
 *
 * <p>Those who wait are counted, only on the slow path; holders of long operations ask {@link
 * #isContended} and yield.
 */
public final class MmuLock {
  private static final int WRITER = 0;
  private static final int WAITERS = SharedWords.STRIDE;
  private static final int READERS = 2 * SharedWords.STRIDE;

  private final Platform platform;
  private final int cpus;
  private final SharedWords words;

  public MmuLock(Platform platform) {
    this.platform = platform;
    cpus = platform.cpus();
    words = platform.newWords(READERS + cpus * SharedWords.STRIDE);
  }

  /** Takes the lock for reading. */
  public void readLock(Cpu cpu) {
    int mine = readerWord(cpu);
    assert words.get(mine) == 0 : "CPU " + cpu.index() + " reads already";
    words.set(mine, 1);
    platform.fullFence();
    if (words.get(WRITER) != 0) {
      readLockSlowly(cpu, mine);
    }
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

  /** Leaves a read section. */
  public void readUnlock(Cpu cpu) {
    assert isReadBy(cpu) : "CPU " + cpu.index() + " does not read";
    words.set(readerWord(cpu), 0);
  }

  /** Takes the lock for writing. */
  public void writeLock(Cpu cpu) {
    long mine = cpu.index() + 1;
    long holder = words.compareAndExchange(WRITER, 0, mine);
    if (holder != 0) {
      assert holder != mine : "CPU " + cpu.index() + " writes already";
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
  }

  /** Leaves the write section. */
  public void writeUnlock(Cpu cpu) {
    assert isWrittenBy(cpu) : "CPU " + cpu.index() + " does not write";
    words.set(WRITER, 0);
  }

  /** Whether this CPU holds the lock for reading. */
  public boolean isReadBy(Cpu cpu) {
    return words.get(readerWord(cpu)) != 0;
  }

  /** Whether this CPU holds the lock for writing. */
  public boolean isWrittenBy(Cpu cpu) {
    return words.get(WRITER) == cpu.index() + 1;
  }

  /** Whether someone waits for what the calling holder, of either kind, has. */
  public boolean isContended(Cpu cpu) {
    return words.get(WAITERS) != 0 || (words.get(WRITER) != 0 && !isWrittenBy(cpu));
  }

  private static int readerWord(Cpu cpu) {
    return READERS + cpu.index() * SharedWords.STRIDE;
  }
}
