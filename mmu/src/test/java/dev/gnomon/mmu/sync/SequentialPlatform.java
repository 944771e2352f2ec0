package dev.gnomon.mmu.sync;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.Frames;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;
import org.jspecify.annotations.Nullable;

/**
 * A platform without memory whose CPUs are all one thread, so that a test decides the order.
 * Whoever would have to wait throws {@link WouldWaitException}.
 */
final class SequentialPlatform extends Platform {
  private final int cpus;

  SequentialPlatform(int cpus) {
    this.cpus = cpus;
  }

  /** Thrown instead of waiting. */
  static final class WouldWaitException extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private static final class Words extends SharedWords {
    private final long[] words;

    Words(int count) {
      words = new long[count];
    }

    @Override
    public int length() {
      return words.length;
    }

    @Override
    public long get(int index) {
      return words[index];
    }

    @Override
    public void set(int index, long value) {
      words[index] = value;
    }

    @Override
    public long compareAndExchange(int index, long expected, long value) {
      return getAndSet(index, words[index] == expected ? value : words[index]);
    }

    @Override
    public long getAndSet(int index, long value) {
      long old = words[index];
      words[index] = value;
      return old;
    }

    @Override
    public long getAndAdd(int index, long delta) {
      return getAndSet(index, words[index] + delta);
    }

    @Override
    public long getAndAnd(int index, long mask) {
      return getAndSet(index, words[index] & mask);
    }

    @Override
    public long getAndOr(int index, long mask) {
      return getAndSet(index, words[index] | mask);
    }
  }

  private static final class SequentialCpu extends Cpu {
    private @Nullable Runnable others;

    SequentialCpu(int index, @Nullable Runnable others) {
      super(index);
      this.others = others;
    }

    private void letOthersRun() {
      Runnable once = others;
      others = null;
      if (once != null) {
        once.run();
      }
    }

    @Override
    public void awaitChange(SharedWords words, int index, long seen) {
      letOthersRun();
      if (words.get(index) == seen) {
        throw new WouldWaitException();
      }
    }

    @Override
    public void awaitChange(PhysicalMemory memory, long hpa, long seen) {
      letOthersRun();
      if (memory.getLong(hpa) == seen) {
        throw new WouldWaitException();
      }
    }

    @Override
    public void retrying() {
      throw new WouldWaitException();
    }

    @Override
    public int choose(int n) {
      return 0;
    }
  }

  Cpu cpu(int index) {
    return new SequentialCpu(index, null);
  }

  /** A CPU that, when it waits for the first time, lets others do something first. */
  Cpu cpu(int index, Runnable others) {
    return new SequentialCpu(index, others);
  }

  @Override
  public PhysicalMemory memory() {
    throw new UnsupportedOperationException();
  }

  @Override
  public Frames frames() {
    throw new UnsupportedOperationException();
  }

  @Override
  public int cpus() {
    return cpus;
  }

  @Override
  public SharedWords newWords(int count) {
    return new Words(count);
  }

  @Override
  public void fullFence() {}
}
