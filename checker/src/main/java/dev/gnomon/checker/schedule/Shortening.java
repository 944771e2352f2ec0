package dev.gnomon.checker.schedule;

import dev.gnomon.checker.property.Violation;
import org.jspecify.annotations.Nullable;

/**
 * Finds a counterexample with the fewest preemptions and, among those, the fewest steps: searches
 * the executions without preemption, then those with one, and so on.
 */
final class Shortening {
  private static final StepListener NOBODY =
      new StepListener() {
        @Override
        public void stepped(
            Mover mover,
            Operation operation,
            @Nullable Location location,
            boolean writes,
            long before,
            long after) {}

        @Override
        public void chose(Mover mover, int outcomes, int chosen) {}
      };

  private final Explorer explorer;
  private final int cpus;
  private Counterexample best;

  Shortening(Program program, Setup setup) {
    explorer = new Explorer(program, setup);
    cpus = setup.cpus();
  }

  /** A violating execution with its numbers. */
  Counterexample measure(Violation violation, Schedule schedule) {
    return measure(violation, schedule, false);
  }

  /** Listened to, an execution has names for its words. */
  private Counterexample measure(Violation violation, Schedule schedule, boolean isShortest) {
    ReplayDirector director = new ReplayDirector(schedule, cpus);
    explorer.stage().onlooker().setListener(NOBODY);
    Violation again = explorer.run(director, false);
    explorer.stage().onlooker().setListener(null);
    if (again == null) {
      throw new CheckerException("a violation does not show again: " + violation);
    }
    return new Counterexample(
        again, schedule, director.preemptions(), explorer.stage().steps(), isShortest);
  }

  /** A shorter one, or the same, found within limits. */
  Counterexample shorten(Counterexample first, Limits limits) {
    best = first;
    for (int bound = 0; bound <= best.preemptions(); bound++) {
      if (!search(bound, limits)) {
        return measure(best.violation(), best.schedule(), false);
      }
    }
    return measure(best.violation(), best.schedule(), true);
  }

  /** Searches all with at most so many preemptions; false if the time was up before. */
  private boolean search(int bound, Limits limits) {
    TreeDirector director = new TreeDirector(cpus, bound);
    boolean isLikeLast = false;
    do {
      director.begin(explorer.stage());
      Violation found = explorer.run(director, isLikeLast);
      isLikeLast = true;
      consider(director, found);
      limits.count(explorer.stage().isRedundant(), explorer.stage().steps());
      if (limits.isReached()) {
        return false;
      }
      director.addBranches(explorer.stage().races());
    } while (director.advance());
    return true;
  }

  private void consider(TreeDirector director, @Nullable Violation found) {
    long steps = explorer.stage().steps();
    if (found != null) {
      int preemptions = director.preemptions();
      if (preemptions < best.preemptions()
          || (preemptions == best.preemptions() && steps < best.steps())) {
        best = new Counterexample(found, director.schedule(), preemptions, steps, false);
      }
    }
  }
}
