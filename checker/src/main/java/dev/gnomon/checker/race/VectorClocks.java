package dev.gnomon.checker.race;

import java.util.Arrays;
import java.util.Objects;

/**
 * What each CPU of an execution knows of each other: the happens-before order, as vector clocks.
 *
 * <p>Clocks never go back, from one execution to the next: each begins above all that the earlier
 * ones used. So every earlier access comes before all of this execution, and neither shadows nor
 * sync clocks need to be cleared.
 */
final class VectorClocks {
  /** By CPU, then by whom it knows of. */
  private long[][] known = {};

  private Block block = Block.EMPTY;

  /** The first clock of this execution. */
  private long base = block.start();

  /** The end of the block. */
  private long limit = block.end();

  private int current;

  /** What the CPU that runs knows. */
  private long[] mine = {};

  /** Begins an execution of so many CPUs, of which the last runs. */
  void begin(int cpus) {
    long next = base;
    for (int i = 0; i < known.length; i++) {
      next = Math.max(next, known[i][i] + 1);
    }
    Block nextBlock = block.orNext(next);
    base = nextBlock == block ? next : nextBlock.start();
    block = nextBlock;
    limit = nextBlock.end();
    if (known.length != cpus) {
      known = new long[cpus][cpus];
    }
    // Each CPU is one ahead of what the others know of it.
    for (int i = 0; i < cpus; i++) {
      Arrays.fill(known[i], base - 1);
      known[i][i] = base;
    }
    switchTo(cpus - 1);
  }

  int cpus() {
    return known.length;
  }

  int current() {
    return current;
  }

  void switchTo(int cpu) {
    current = Objects.checkIndex(cpu, known.length);
    mine = known[cpu];
  }

  /** The moment of the CPU that runs. */
  long now() {
    return Epoch.moment(known[current][current], current);
  }

  /** Whether the CPU that runs comes after an access, as it does if that was no access at all. */
  boolean isAfter(long epoch) {
    long clock = Epoch.clock(epoch);
    return clock < base || clock >= limit || clock <= mine[Epoch.cpu(epoch)];
  }

  void acquire(SyncClock clock) {
    clock.raise(mine);
  }

  void release(SyncClock clock) {
    clock.set(mine);
    tick(current);
  }

  void releaseInto(SyncClock clock) {
    clock.add(mine);
    tick(current);
  }

  /** What {@code from} did so far comes before what {@code to} does from now on. */
  void order(int from, int to) {
    long[] later = known[to];
    long[] earlier = known[from];
    for (int i = 0; i < later.length; i++) {
      later[i] = Math.max(later[i], earlier[i]);
    }
    tick(from);
  }

  private void tick(int cpu) {
    if (++known[cpu][cpu] >= limit) {
      throw new IllegalStateException("an execution too long to look for races in it");
    }
  }
}
