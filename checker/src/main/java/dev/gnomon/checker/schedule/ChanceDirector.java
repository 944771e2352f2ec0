package dev.gnomon.checker.schedule;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Decides by chance: for scenarios too big to exhaust. Plainly, each that can go with the same
 * chance; or by priorities that are drawn at first and lowered at a few random steps, which finds a
 * race of depth d with a chance of at least 1/(n k^(d-1)) for n bodies and k steps (Burckhardt,
 * Kothari, Musuvathi, Nagarakatte, ASPLOS 2010: PCT).
 */
final class ChanceDirector implements Director {
  private final SplittableRandom random;
  private final boolean isPct;
  private final int[] priorities = new int[Integer.SIZE];
  private final long[] changes;

  private int[] decisions = new int[256];
  private int depth;

  /**
   * @param depthOfRaces for PCT, d; 0 for plain chance
   * @param expectedSteps for PCT, k
   */
  ChanceDirector(long seed, int depthOfRaces, long expectedSteps) {
    random = new SplittableRandom(seed);
    isPct = depthOfRaces > 0;
    changes = new long[Math.max(0, depthOfRaces - 1)];
    for (int i = 0; i < priorities.length; i++) {
      priorities[i] = changes.length + i;
    }
    for (int i = priorities.length - 1; i > 0; i--) {
      int other = random.nextInt(i + 1);
      int swapped = priorities[i];
      priorities[i] = priorities[other];
      priorities[other] = swapped;
    }
    for (int i = 0; i < changes.length; i++) {
      changes[i] = random.nextLong(Math.max(1, expectedSteps));
    }
  }

  @Override
  public int next(int enabled, int current) {
    int chosen = isPct ? highest(enabled) : any(enabled);
    for (int i = 0; i < changes.length; i++) {
      if (changes[i] == depth) {
        priorities[chosen] = i;
        chosen = highest(enabled);
      }
    }
    return put(chosen);
  }

  private int any(int enabled) {
    int which = random.nextInt(Integer.bitCount(enabled));
    int rest = enabled;
    while (which-- > 0) {
      rest &= rest - 1;
    }
    return Integer.numberOfTrailingZeros(rest);
  }

  private int highest(int enabled) {
    int best = -1;
    for (int rest = enabled; rest != 0; rest &= rest - 1) {
      int mover = Integer.numberOfTrailingZeros(rest);
      if (best < 0 || priorities[mover] > priorities[best]) {
        best = mover;
      }
    }
    return best;
  }

  private int put(int decision) {
    if (depth == decisions.length) {
      decisions = Arrays.copyOf(decisions, 2 * depth);
    }
    decisions[depth++] = decision;
    return decision;
  }

  @Override
  public int choose(int n) {
    return put(random.nextInt(n));
  }

  @Override
  public int position() {
    return depth - 1;
  }

  @Override
  public boolean isNew() {
    return false;
  }

  @Override
  public void happened(
      int mover, Operation operation, @Nullable Location location, boolean writes) {}

  Schedule schedule() {
    return Schedule.of(Arrays.copyOf(decisions, depth));
  }
}
