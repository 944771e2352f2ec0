package dev.gnomon.checker.schedule;

import dev.gnomon.checker.schedule.ReferenceThread.Next;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Runs a small program in every way there is, without any reduction: the oracle for the explorer.
 * In each state every thread that can go is let go, and every buffer that holds a store is let
 * commit.
 *
 * <p>States that were seen are not visited twice, which is no reduction: what follows from equal
 * states is equal. {@link #interleavings} does without even that.
 */
final class ReferenceEnumeration {
  private final ReferenceProgram program;
  private final MemoryModel model;
  private final List<ReferenceThread> threads;

  private ReferenceEnumeration(ReferenceProgram program, MemoryModel model) {
    this.program = program;
    this.model = model;
    threads = program.threads().stream().map(ReferenceThread::new).toList();
  }

  /**
   * All ways in which it can end.
   *
   * @throws IllegalStateException if it can come to where no thread can go on
   */
  static Set<ReferenceOutcome> outcomes(ReferenceProgram program, MemoryModel model) {
    Set<ReferenceOutcome> outcomes = new HashSet<>();
    ReferenceEnumeration enumeration = new ReferenceEnumeration(program, model);
    enumeration.visitStates(
        ReferenceState.initial(program), new HashSet<>(), end -> outcomes.add(end.outcome()));
    return outcomes;
  }

  /** How many executions there are under SC, not counting twice what is equivalent. */
  static long inequivalent(ReferenceProgram program) {
    ReferenceEnumeration enumeration = new ReferenceEnumeration(program, MemoryModel.SC);
    long[] count = {0};
    enumeration.visitTraces(
        new Point(ReferenceState.initial(program), ReferenceTrace.initial(program)),
        new HashSet<>(),
        end -> count[0]++);
    return count[0];
  }

  /** How many executions there are under SC, each order of steps counted. */
  static long interleavings(ReferenceProgram program) {
    ReferenceEnumeration enumeration = new ReferenceEnumeration(program, MemoryModel.SC);
    return enumeration.countFrom(ReferenceState.initial(program));
  }

  private void visitStates(
      ReferenceState state, Set<ReferenceState> seen, Consumer<ReferenceState> atEnd) {
    if (!seen.add(state)) {
      return;
    }
    boolean isOver = true;
    boolean isStuck = true;
    for (int thread = 0; thread < threads.size(); thread++) {
      Optional<Next> next = next(state, thread);
      isOver &= next.isEmpty() && !state.hasBuffered(thread);
      if (next.isPresent() && state.isEnabled(thread, next.get())) {
        isStuck = false;
        visitStates(state.after(thread, next.get(), model), seen, atEnd);
      }
      if (state.hasBuffered(thread)) {
        isStuck = false;
        visitStates(state.afterCommit(thread), seen, atEnd);
      }
    }
    if (isOver) {
      atEnd.accept(state);
    } else {
      requireProgress(isStuck, state);
    }
  }

  /** Where an execution is, and its canonical form up to there. */
  private record Point(ReferenceState state, ReferenceTrace trace) {}

  /** Equivalent beginnings lead to the same state, and go on alike. */
  private void visitTraces(Point point, Set<ReferenceTrace> seen, Consumer<Point> atEnd) {
    if (!seen.add(point.trace())) {
      return;
    }
    ReferenceState state = point.state();
    boolean isOver = true;
    boolean isStuck = true;
    for (int thread = 0; thread < threads.size(); thread++) {
      Optional<Next> next = next(state, thread);
      isOver &= next.isEmpty();
      if (next.isPresent() && state.isEnabled(thread, next.get())) {
        isStuck = false;
        Point after =
            new Point(
                state.after(thread, next.get(), model),
                extended(point.trace(), state, thread, next.get()));
        visitTraces(after, seen, atEnd);
      }
    }
    if (isOver) {
      atEnd.accept(point);
    } else {
      requireProgress(isStuck, state);
    }
  }

  private ReferenceTrace extended(
      ReferenceTrace trace, ReferenceState state, int thread, Next next) {
    return switch (next.kind()) {
      case FENCE -> trace.afterLocal(thread);
      case LOCK, UNLOCK -> trace.after(thread, program.words() + next.word(), true);
      default -> trace.after(thread, next.word(), state.writes(next));
    };
  }

  private long countFrom(ReferenceState state) {
    long count = 0;
    boolean isOver = true;
    for (int thread = 0; thread < threads.size(); thread++) {
      Optional<Next> next = next(state, thread);
      if (next.isPresent()) {
        isOver = false;
        if (state.isEnabled(thread, next.get())) {
          count += countFrom(state.after(thread, next.get(), model));
        }
      }
    }
    return isOver ? 1 : count;
  }

  private Optional<Next> next(ReferenceState state, int thread) {
    return threads.get(thread).next(state.results().get(thread));
  }

  private void requireProgress(boolean isStuck, ReferenceState state) {
    if (isStuck) {
      throw new IllegalStateException(program + " is stuck in " + state);
    }
  }
}
