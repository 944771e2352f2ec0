package dev.gnomon.checker.schedule;

import dev.gnomon.checker.schedule.ReferenceThread.Next;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * How many preemptions it takes, under SC, to come to each end of a program: how often a thread has
 * to wait though it could go on. By breadth-first search, those without preemption first.
 */
final class ReferencePreemptions {
  private static final int NOBODY = -1;

  private final List<ReferenceThread> threads;
  private final Deque<Point> waiting = new ArrayDeque<>();
  private final Set<Point> seen = new HashSet<>();
  private final Map<ReferenceOutcome, Integer> needed = new HashMap<>();

  private ReferencePreemptions(ReferenceProgram program) {
    threads = program.threads().stream().map(ReferenceThread::new).toList();
    waiting.add(new Point(ReferenceState.initial(program), NOBODY));
  }

  /** Where an execution is, and whose step was the last. */
  private record Point(ReferenceState state, int last) {}

  /** The least number for each end. */
  static Map<ReferenceOutcome, Integer> of(ReferenceProgram program) {
    ReferencePreemptions search = new ReferencePreemptions(program);
    for (int preemptions = 0; !search.waiting.isEmpty(); preemptions++) {
      search.goOn(preemptions);
    }
    return search.needed;
  }

  /** Visits all that is reached with so many preemptions; leaves what takes one more. */
  private void goOn(int preemptions) {
    Deque<Point> afterPreemption = new ArrayDeque<>();
    while (!waiting.isEmpty()) {
      Point point = waiting.removeLast();
      if (seen.add(point)) {
        visit(point, preemptions, afterPreemption);
      }
    }
    waiting.addAll(afterPreemption);
  }

  private void visit(Point point, int preemptions, Deque<Point> afterPreemption) {
    boolean canLastGoOn = point.last() != NOBODY && isEnabled(point.state(), point.last());
    boolean isOver = true;
    for (int thread = 0; thread < threads.size(); thread++) {
      Optional<Next> next = next(point.state(), thread);
      isOver &= next.isEmpty();
      if (next.isPresent() && isEnabled(point.state(), thread)) {
        ReferenceState after = point.state().after(thread, next.get(), MemoryModel.SC);
        boolean isPreemption = canLastGoOn && thread != point.last();
        (isPreemption ? afterPreemption : waiting).addLast(new Point(after, thread));
      }
    }
    if (isOver) {
      needed.putIfAbsent(point.state().outcome(), preemptions);
    }
  }

  private boolean isEnabled(ReferenceState state, int thread) {
    return next(state, thread).filter(next -> state.isEnabled(thread, next)).isPresent();
  }

  private Optional<Next> next(ReferenceState state, int thread) {
    return threads.get(thread).next(state.results().get(thread));
  }
}
