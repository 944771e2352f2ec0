package dev.gnomon.machine.fuzz;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.SharedWords;

/**
 * A CPU on the one thread that there is. Nobody else runs while it waits: so what it waits for is
 * there, or somebody sees to it, or it would wait for ever.
 */
final class LoneCpu extends Cpu {
  /** More attempts than any access needs. */
  private static final int MOST_ATTEMPTS = 5000;

  private final Runnable helper;
  private int attempts;

  /**
   * Makes one.
   *
   * @param helper does what this CPU may wait for
   */
  LoneCpu(int index, Runnable helper) {
    super(index);
    this.helper = helper;
  }

  @Override
  public void awaitChange(SharedWords words, int index, long seen) {
    if (words.get(index) == seen) {
      helper.run();
      requireProgress(words.get(index) != seen);
    }
  }

  @Override
  public void awaitChange(PhysicalMemory memory, long hpa, long seen) {
    requireProgress(memory.getLong(hpa) != seen);
  }

  private void requireProgress(boolean isDone) {
    if (!isDone) {
      throw new Divergence("CPU %d waits for ever".formatted(index()));
    }
  }

  /** An operation begins: attempts are counted from here. */
  void begin() {
    attempts = 0;
  }

  @Override
  public void attempting() {
    if (++attempts > MOST_ATTEMPTS) {
      throw new Divergence("CPU %d tries the same for ever".formatted(index()));
    }
  }

  @Override
  public void retrying() {
    // The next attempt counts.
  }

  @Override
  public int choose(int n) {
    return 0;
  }
}
