package dev.gnomon.checker.schedule;

import dev.gnomon.checker.property.Violation;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * The tree of executions as several carriers explore it, each a part. Whoever has nothing left gets
 * the shallowest branch of another. All is under this object's monitor; no coroutine runs in it.
 */
final class Tree {
  private final Limits limits;
  private final int carriers;
  private final Deque<TreeDirector> shared = new ArrayDeque<>();
  private int idle;
  private boolean isOver;
  private boolean isCut;
  private @Nullable Violation violation;
  private @Nullable Schedule schedule;
  private long violationSteps;
  private @Nullable RuntimeException failure;
  private double progress;
  private int depth;
  private int maxDepth;

  Tree(Limits limits, int carriers, TreeDirector root) {
    this.limits = limits;
    this.carriers = carriers;
    shared.add(root);
  }

  /** Explores until nothing is left; what one carrier does. */
  void explore(Explorer explorer) {
    try {
      TreeDirector director = take();
      boolean isLikeLast = false;
      while (director != null) {
        director.begin(explorer.stage());
        Violation found = explorer.run(director, isLikeLast);
        TreeDirector next = ended(director, explorer.stage(), found);
        isLikeLast = next == director;
        director = next;
      }
    } catch (RuntimeException e) {
      fail(e);
    } catch (Error e) {
      end();
      throw e;
    }
  }

  private synchronized void end() {
    isOver = true;
    notifyAll();
  }

  private synchronized void fail(RuntimeException e) {
    if (failure == null) {
      failure = e;
    }
    isOver = true;
    notifyAll();
  }

  private synchronized @Nullable TreeDirector ended(
      TreeDirector director, Stage stage, @Nullable Violation found) {
    limits.count(stage.isRedundant(), stage.steps());
    depth = director.depth();
    maxDepth = Math.max(maxDepth, depth);
    if (found != null && violation == null) {
      violation = found;
      schedule = director.schedule();
      violationSteps = stage.steps();
      isOver = true;
      notifyAll();
    }
    if (limits.isReached()) {
      isOver = true;
      notifyAll();
    }
    if (isOver) {
      return null;
    }
    director.addBranches(stage.races());
    isCut |= director.isCut();
    if (idle > shared.size()) {
      TreeDirector part = director.share();
      if (part != null && part.advance()) {
        shared.add(part);
        notifyAll();
      }
    }
    progress = director.progress();
    boolean hasMore = director.advance();
    isCut |= director.isCut();
    return hasMore ? director : take();
  }

  private synchronized @Nullable TreeDirector take() {
    idle++;
    while (shared.isEmpty() && !isOver) {
      if (idle == carriers) {
        isOver = true;
        notifyAll();
        break;
      }
      try {
        wait();
      } catch (InterruptedException e) {
        limits.stop("interrupted");
        isOver = true;
        notifyAll();
        Thread.currentThread().interrupt();
      }
    }
    idle--;
    return isOver ? null : shared.removeFirst();
  }

  // --- what came of it ---

  synchronized @Nullable Violation violation() {
    return violation;
  }

  synchronized @Nullable Schedule schedule() {
    return schedule;
  }

  synchronized long violationSteps() {
    return violationSteps;
  }

  synchronized @Nullable RuntimeException failure() {
    return failure;
  }

  /** Whether a bound on preemptions left something out. */
  synchronized boolean isCut() {
    return isCut;
  }

  synchronized int maxDepth() {
    return maxDepth;
  }

  synchronized Progress progress() {
    return limits.progress(depth, progress);
  }
}
