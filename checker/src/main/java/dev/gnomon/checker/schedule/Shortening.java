package dev.gnomon.checker.schedule;

import dev.gnomon.checker.property.Violation;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Finds a counterexample with the fewest preemptions and, among those, the fewest steps: searches
 * the executions without preemption, then those with one, and so on.
 */
final class Shortening {
  private final Explorer explorer;
  private final int cpus;
  private Counterexample best;

  Shortening(Program program, Setup setup) {
    explorer = new Explorer(program, setup);
    cpus = setup.cpus();
  }

  /** A violating execution with its numbers. */
  Counterexample measure(Violation violation, Schedule schedule) {
    ReplayDirector director = new ReplayDirector(schedule, cpus);
    Violation again = explorer.run(director, false);
    if (again == null) {
      throw new CheckerException("a violation does not show again: " + violation);
    }
    return new Counterexample(
        again, schedule, director.preemptions(), explorer.stage().steps(), false);
  }

  /** A shorter one, or the same, after at most that time. */
  Counterexample shorten(Counterexample first, Duration time) {
    best = first;
    Limits limits = new Limits(Long.MAX_VALUE, time);
    for (int bound = 0; bound <= best.preemptions(); bound++) {
      if (!search(bound, limits)) {
        return best;
      }
    }
    return new Counterexample(
        best.violation(), best.schedule(), best.preemptions(), best.steps(), true);
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
      director.addBranches(explorer.stage().trace());
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
