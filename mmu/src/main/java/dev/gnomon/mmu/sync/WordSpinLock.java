package dev.gnomon.mmu.sync;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;

/** A spin lock in one word, which says who holds it: the CPU's index plus one. */
final class WordSpinLock extends SpinLock {
  private static final long FREE = 0;

  private final SharedWords word;

  /**
   * Who holds the lock, again, for checks that are no access to a shared word. Written by who holds
   * the lock, so whoever finds itself here holds it.
   */
  private long holder;

  WordSpinLock(Platform platform) {
    word = platform.newWords(1);
  }

  @Override
  public void lock(Cpu cpu) {
    long mine = cpu.index() + 1;
    long seen;
    while ((seen = word.compareAndExchange(0, FREE, mine)) != FREE) {
      if (seen == mine) {
        throw new IllegalStateException("CPU " + cpu.index() + " takes a spin lock that it holds");
      }
      cpu.awaitChange(word, 0, seen);
    }
    holder = mine;
  }

  @Override
  public void unlock(Cpu cpu) {
    if (!isHeldBy(cpu)) {
      throw new IllegalStateException(
          "CPU " + cpu.index() + " leaves a spin lock that it does not hold");
    }
    holder = FREE;
    word.set(0, FREE);
  }

  @Override
  public boolean isHeldBy(Cpu cpu) {
    return holder == cpu.index() + 1;
  }
}
