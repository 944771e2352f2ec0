package dev.gnomon.machine.thread;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.SharedWords;
import java.util.concurrent.locks.LockSupport;

/**
 * A CPU on a real thread. It waits in three stages: spinning, while the other is likely to run on a
 * core of its own and to be nearly done; yielding, so that with more threads than cores the other
 * gets this one; and short sleeps that grow, so that a long wait costs nobody anything.
 */
final class ThreadCpu extends Cpu {
  private static final int SPINS = 100;
  private static final int YIELDS = 100;
  private static final long FIRST_SLEEP_NANOS = 1_000;
  private static final long LONGEST_SLEEP_NANOS = 50_000;
  private static final int RETRIES_PER_YIELD = 64;

  private final ThreadPlatform platform;
  private int retries;

  ThreadCpu(ThreadPlatform platform, int index) {
    super(index);
    this.platform = platform;
  }

  @Override
  public void awaitChange(SharedWords words, int index, long seen) {
    for (int i = 0; i < SPINS; i++) {
      if (words.get(index) != seen) {
        return;
      }
      Thread.onSpinWait();
    }
    for (int round = 0; words.get(index) == seen; round++) {
      giveWay(round);
    }
  }

  @Override
  public void awaitChange(PhysicalMemory memory, long hpa, long seen) {
    for (int i = 0; i < SPINS; i++) {
      if (memory.getLong(hpa) != seen) {
        return;
      }
      Thread.onSpinWait();
    }
    for (int round = 0; memory.getLong(hpa) == seen; round++) {
      giveWay(round);
    }
  }

  private void giveWay(int round) {
    platform.checkStopped();
    if (round < YIELDS) {
      Thread.yield();
    } else {
      int doublings = Math.min(round - YIELDS, 6);
      LockSupport.parkNanos(this, Math.min(FIRST_SLEEP_NANOS << doublings, LONGEST_SLEEP_NANOS));
    }
  }

  /** Spins once, and now and then yields: the winner of the race may have lost its core. */
  @Override
  public void retrying() {
    if (++retries % RETRIES_PER_YIELD == 0) {
      platform.checkStopped();
      Thread.yield();
    } else {
      Thread.onSpinWait();
    }
  }

  @Override
  public int choose(int n) {
    return 0;
  }
}
