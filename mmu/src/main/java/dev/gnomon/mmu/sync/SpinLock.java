package dev.gnomon.mmu.sync;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;

/**
 * A mutual-exclusion lock for short sections. Not reentrant. Taking it is a read-modify-write,
 * leaving it a release store.
 */
public final class SpinLock {
  private static final long FREE = 0;

  private final SharedWords word;

  public SpinLock(Platform platform) {
    word = platform.newWords(1);
  }

  /** Takes the lock, waiting for it. */
  public void lock(Cpu cpu) {
    long mine = cpu.index() + 1;
    long holder;
    while ((holder = word.compareAndExchange(0, FREE, mine)) != FREE) {
      if (holder == mine) {
        throw new IllegalStateException("CPU " + cpu.index() + " takes a spin lock that it holds");
      }
      cpu.awaitChange(word, 0, holder);
    }
  }

  /**
   * Leaves the lock.
   *
   * @throws IllegalStateException if this CPU does not hold it
   */
  public void unlock(Cpu cpu) {
    if (!isHeldBy(cpu)) {
      throw new IllegalStateException(
          "CPU " + cpu.index() + " leaves a spin lock that it does not hold");
    }
    word.set(0, FREE);
  }

  /** Whether this CPU holds the lock. */
  public boolean isHeldBy(Cpu cpu) {
    return word.get(0) == cpu.index() + 1;
  }
}
