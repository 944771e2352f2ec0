package dev.gnomon.checker.schedule;

import org.jspecify.annotations.Nullable;

/** Does what a schedule says; once it is over, who goes on goes on. */
final class ReplayDirector implements Director {
  private final Schedule schedule;
  private final int cpus;
  private int depth;
  private int preemptions;

  ReplayDirector(Schedule schedule, int cpus) {
    this.schedule = schedule;
    this.cpus = cpus;
  }

  @Override
  public int next(int enabled, int current) {
    int at = depth++;
    if (at < schedule.length()) {
      int chosen = schedule.decision(at);
      if (chosen < 0 || chosen >= Integer.SIZE || (enabled & 1 << chosen) == 0) {
        throw new CheckerException(
            "the replay diverges at decision " + at + ": " + chosen + " cannot go");
      }
      if (chosen < cpus && canGo(current, enabled) && chosen != current) {
        preemptions++;
      }
      return chosen;
    }
    return canGo(current, enabled) ? current : Integer.numberOfTrailingZeros(enabled);
  }

  private static boolean canGo(int mover, int enabled) {
    return mover >= 0 && (enabled & 1 << mover) != 0;
  }

  /** How often a body had to wait so far though it could have gone on. */
  int preemptions() {
    return preemptions;
  }

  @Override
  public int choose(int n) {
    int at = depth++;
    int chosen = at < schedule.length() ? schedule.decision(at) : 0;
    if (chosen < 0 || chosen >= n) {
      throw new CheckerException(
          "the replay diverges at decision " + at + ": there is no outcome " + chosen);
    }
    return chosen;
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
}
