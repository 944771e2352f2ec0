package dev.gnomon.checker.race;

import java.util.Arrays;

/**
 * The last reads of variables that several CPUs read with no order among them: for each such
 * variable a vector with an epoch for each CPU.
 *
 * <p>A variable's shadow holds the number of its vector, as an epoch of CPU {@link Epoch#SHARED}.
 */
final class SharedReads {
  private static final int FIRST_CAPACITY = 64;

  private int cpus = 1;
  private long[] epochs = new long[FIRST_CAPACITY];
  private int count;
  private Block block = Block.EMPTY;

  /** The number of this execution's first vector. */
  private long first = block.start();

  void begin(int cpusOfExecution) {
    long next = first + count;
    Block mine = block.orNext(next);
    first = mine == block ? next : mine.start();
    block = mine;
    count = 0;
    cpus = cpusOfExecution;
  }

  /** Whether an epoch stands for a vector of this execution. */
  boolean isVector(long epoch) {
    return Epoch.cpu(epoch) == Epoch.SHARED && block.hasFrom(first, Epoch.clock(epoch));
  }

  /** Makes a vector that holds two reads; returns what stands for it. */
  long share(long one, long other) {
    int start = count * cpus;
    if (epochs.length < start + cpus) {
      epochs = Arrays.copyOf(epochs, 2 * epochs.length + cpus);
    }
    Arrays.fill(epochs, start, start + cpus, Epoch.NONE);
    long vector = Epoch.of(Epoch.moment(first + count, Epoch.SHARED), 0);
    count++;
    put(vector, one);
    put(vector, other);
    return vector;
  }

  void put(long vector, long epoch) {
    epochs[start(vector) + Epoch.cpu(epoch)] = epoch;
  }

  /** The last read of a CPU, or {@link Epoch#NONE}. */
  long get(long vector, int cpu) {
    return epochs[start(vector) + cpu];
  }

  private int start(long vector) {
    return (int) (Epoch.clock(vector) - first) * cpus;
  }
}
