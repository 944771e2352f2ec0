package dev.gnomon.machine.lockstep;

/**
 * What decides who runs when.
 *
 * @param seed decides every switch and every choice of nature
 * @param meanSteps how many steps, on average, a CPU takes before another may go on; 1 decides anew
 *     at every step
 * @param longTurn the mean length of some turns that are much longer than the others, as if all
 *     CPUs but one had been preempted for a while; 0 for none
 * @param maxSteps after how many steps of all CPUs together it is taken for granted that they will
 *     not end
 */
public record Schedule(long seed, int meanSteps, int longTurn, long maxSteps) {
  /** One turn in so many is a long one, where there are any. */
  private static final int LONG_TURN_ONE_IN = 16;

  private static final int GRAINS = 9;
  private static final long DEFAULT_MAX_STEPS = 20_000_000;

  public Schedule {
    if (meanSteps < 1 || longTurn < 0 || maxSteps < 1) {
      throw new IllegalArgumentException(meanSteps + " mean steps, " + maxSteps + " steps at most");
    }
  }

  /** A schedule without long turns. */
  public Schedule(long seed, int meanSteps, long maxSteps) {
    this(seed, meanSteps, 0, maxSteps);
  }

  /** How many steps the next turn has. */
  long turn(Draws draws) {
    boolean isLong = longTurn > 0 && draws.below(LONG_TURN_ONE_IN) == 0;
    return draws.geometric(isLong ? longTurn : meanSteps);
  }

  /** A schedule whose grain, too, comes from the seed: trying seeds tries fine and coarse ones. */
  public static Schedule of(long seed) {
    return new Schedule(seed, 1 << Math.floorMod(seed, GRAINS), DEFAULT_MAX_STEPS);
  }

  @Override
  public String toString() {
    String turns = "seed " + seed + ", " + meanSteps + " mean steps";
    return longTurn == 0 ? turns : turns + ", " + longTurn + " in a long turn";
  }
}
