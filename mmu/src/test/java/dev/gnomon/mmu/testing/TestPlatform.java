package dev.gnomon.mmu.testing;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;

/**
 * A platform of one thread. Whoever waits lets the processors take their interrupts; if the word
 * still has not changed then, nobody is there who could change it, and the test fails.
 */
public final class TestPlatform extends Platform {
  private final int cpus;
  private final TestMemory memory = new TestMemory();
  private final TestFrames frames = new TestFrames(memory);
  private Runnable interrupts = () -> {};

  public TestPlatform(int cpus) {
    this.cpus = cpus;
  }

  /** What happens while someone waits. */
  public void onWait(Runnable taken) {
    interrupts = taken;
  }

  /** A CPU of this platform. */
  public Cpu cpu(int index) {
    return new WaitingCpu(index);
  }

  @Override
  public TestMemory memory() {
    return memory;
  }

  @Override
  public TestFrames frames() {
    return frames;
  }

  @Override
  public int cpus() {
    return cpus;
  }

  @Override
  public SharedWords newWords(int count) {
    return new TestWords(count);
  }

  @Override
  public void fullFence() {}

  private final class WaitingCpu extends Cpu {
    WaitingCpu(int index) {
      super(index);
    }

    @Override
    public void awaitChange(SharedWords words, int index, long seen) {
      interrupts.run();
      if (words.get(index) == seen) {
        throw new AssertionError("CPU " + index() + " waits for a word that nobody will change");
      }
    }

    @Override
    public void awaitChange(PhysicalMemory physicalMemory, long hpa, long seen) {
      interrupts.run();
      if (physicalMemory.getLong(hpa) == seen) {
        throw new AssertionError("CPU " + index() + " waits for memory that nobody will change");
      }
    }

    @Override
    public void retrying() {}

    @Override
    public int choose(int n) {
      return 0;
    }
  }
}
