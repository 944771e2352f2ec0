package dev.gnomon.checker.schedule;

import dev.gnomon.checker.property.Violation;
import dev.gnomon.machine.thread.Execution;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * All ways in which a program ends, found by going on after each, also where something is violated.
 *
 * @param ends what the program returned, in each execution that it completed
 * @param violations what was said of the others
 * @param executions how many were completed or violated
 * @param fewestSteps of those that violate
 */
record Enumeration(Set<String> ends, Set<String> violations, long executions, long fewestSteps) {
  private static final int UNBOUNDED = Integer.MAX_VALUE;

  /** Where it gives up. */
  static final long MOST = 20_000;

  /** With reduction, as users get it. */
  static Enumeration reduced(Function<Execution, String> program, Setup setup) {
    return reduced(program, setup, UNBOUNDED);
  }

  /** With reduction, leaving out what has more preemptions. */
  static Enumeration reduced(Function<Execution, String> program, Setup setup, int preemptions) {
    return of(program, setup, new TreeDirector(setup.cpus(), preemptions));
  }

  /** Every order of steps. */
  static Enumeration plain(Function<Execution, String> program, Setup setup) {
    return plain(program, setup, UNBOUNDED);
  }

  /** Every order of steps that has no more preemptions. */
  static Enumeration plain(Function<Execution, String> program, Setup setup, int preemptions) {
    return of(program, setup, TreeDirector.unreduced(setup.cpus(), preemptions));
  }

  /** Whether there was more than it looked at. */
  boolean isCut() {
    return executions >= MOST;
  }

  private static Enumeration of(
      Function<Execution, String> program, Setup setup, TreeDirector director) {
    Set<String> ends = new TreeSet<>();
    Set<String> violations = new TreeSet<>();
    String[] last = new String[1];
    Explorer explorer =
        new Explorer(
            execution -> {
              last[0] = program.apply(execution);
              return null;
            },
            setup);
    long executions = 0;
    long fewestSteps = Long.MAX_VALUE;
    boolean isLikeLast = false;
    do {
      director.begin(explorer.stage());
      last[0] = null;
      @Nullable Violation violation = explorer.run(director, isLikeLast);
      isLikeLast = true;
      if (violation != null) {
        violations.add(violation.message());
        fewestSteps = Math.min(fewestSteps, explorer.stage().steps());
      } else if (last[0] != null) {
        ends.add(last[0]);
      }
      executions += explorer.stage().isRedundant() ? 0 : 1;
      director.addBranches(explorer.stage().races());
    } while (director.advance() && executions < MOST);
    return new Enumeration(ends, violations, executions, fewestSteps);
  }
}
