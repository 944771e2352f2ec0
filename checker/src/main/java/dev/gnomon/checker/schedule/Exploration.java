package dev.gnomon.checker.schedule;

import dev.gnomon.checker.property.Violation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Explores the interleavings of a program. Usable from a test:
 *
 * <pre>{@code
 * Result result =
 *     Exploration.of(
 *             execution -> {
 *               SharedWords word = execution.platform().newWords(1);
 *               execution.start(0, "a", cpu -> word.set(0, word.get(0) + 1));
 *               execution.start(1, "b", cpu -> word.set(0, word.get(0) + 1));
 *               execution.join();
 *               assertThat(word.get(0)).isEqualTo(2);
 *               return null;
 *             })
 *         .explore();
 * }</pre>
 *
 * <p>Each setting gives a new object; all are immutable. {@link #explore} may be called by any
 * thread but a coroutine; it starts threads of its own and returns when they have ended.
 */
public final class Exploration {
  private static final int CPUS = 4;
  private static final int FRAMES = 2048;
  private static final long MAX_STEPS = 100_000;
  private static final Duration MAX_TIME = Duration.ofDays(365);
  private static final Duration SHORTENING = Duration.ofSeconds(10);
  private static final int RACE_DEPTH = 3;
  private static final long REPORT_MILLIS = 200;
  private static final int UNBOUNDED = Integer.MAX_VALUE;

  private final Program program;
  private final Setup setup;
  private final Mode mode;
  private final long maxExecutions;
  private final Duration maxTime;
  private final Duration shortening;
  private final int preemptions;
  private final int carriers;
  private final long seed;
  private final Consumer<Progress> observer;

  private Exploration(Draft draft) {
    program = draft.program;
    setup = draft.setup;
    mode = draft.mode;
    maxExecutions = draft.maxExecutions;
    maxTime = draft.maxTime;
    shortening = draft.shortening;
    preemptions = draft.preemptions;
    carriers = draft.carriers;
    seed = draft.seed;
    observer = draft.observer;
  }

  /** The settings while one of them is changed. */
  private static final class Draft {
    Program program;
    Setup setup = new Setup(CPUS, FRAMES, MemoryModel.SC, true, false, MAX_STEPS);
    Mode mode = Mode.EXHAUSTIVE;
    long maxExecutions = Long.MAX_VALUE;
    Duration maxTime = MAX_TIME;
    Duration shortening = SHORTENING;
    int preemptions = UNBOUNDED;
    int carriers = 1;
    long seed = 1;
    Consumer<Progress> observer = progress -> {};

    Draft(Program program) {
      this.program = program;
    }
  }

  private Exploration with(Consumer<Draft> change) {
    Draft draft = new Draft(program);
    draft.setup = setup;
    draft.mode = mode;
    draft.maxExecutions = maxExecutions;
    draft.maxTime = maxTime;
    draft.shortening = shortening;
    draft.preemptions = preemptions;
    draft.carriers = carriers;
    draft.seed = seed;
    draft.observer = observer;
    change.accept(draft);
    return new Exploration(draft);
  }

  /**
   * The exhaustive exploration of a program, sequentially consistent, on 4 CPUs, by one carrier.
   */
  public static Exploration of(Program program) {
    return new Exploration(new Draft(program));
  }

  /** On so many CPUs. */
  public Exploration cpus(int count) {
    return with(draft -> draft.setup = setup.withCpus(count));
  }

  /** With so many frames for each CPU to allocate; 2048, if nothing is said. */
  public Exploration framesPerCpu(int frames) {
    return with(draft -> draft.setup = setup.withFramesPerCpu(frames));
  }

  /** Under a memory model. */
  public Exploration memoryModel(MemoryModel model) {
    return with(draft -> draft.setup = setup.withMemoryModel(model));
  }

  /** With locks made of words, as guests run on them, instead of those taken in one step. */
  public Exploration locksOfWords() {
    return with(draft -> draft.setup = setup.withAbstractLocks(false));
  }

  /**
   * Whether races on plain Java state are looked for too, and are violations. Only where classes
   * are transformed as they load, see {@link dev.gnomon.checker.race.RaceDetection#isAvailable}.
   */
  public Exploration races(boolean areFound) {
    return with(draft -> draft.setup = setup.withRaces(areFound));
  }

  /** Takes an execution of more steps for one that does not end. */
  public Exploration maxSteps(long steps) {
    return with(draft -> draft.setup = setup.withMaxSteps(steps));
  }

  /** Chooses executions in another way than all of them. */
  public Exploration mode(Mode newMode) {
    return with(draft -> draft.mode = newMode);
  }

  /** Stops after so many executions. */
  public Exploration maxExecutions(long executions) {
    return with(draft -> draft.maxExecutions = executions);
  }

  /** Stops after some time. */
  public Exploration maxTime(Duration time) {
    return with(draft -> draft.maxTime = time);
  }

  /** Leaves out executions with more preemptions. */
  public Exploration maxPreemptions(int count) {
    return with(draft -> draft.preemptions = count);
  }

  /** Spends so much time on finding the shortest counterexample; zero: the first will do. */
  public Exploration shortening(Duration time) {
    return with(draft -> draft.shortening = time);
  }

  /** Has so many threads explore. */
  public Exploration carriers(int count) {
    return with(draft -> draft.carriers = count);
  }

  /** Where chance begins, in the modes that have it. */
  public Exploration seed(long newSeed) {
    return with(draft -> draft.seed = newSeed);
  }

  /** Tells someone how far it is, a few times a second. */
  public Exploration observer(Consumer<Progress> newObserver) {
    return with(draft -> draft.observer = newObserver);
  }

  // --- exploring ---

  /**
   * Explores until it is done, something is violated, or a limit is reached. An interrupt of the
   * calling thread is such a limit; it stays set.
   *
   * @throws CheckerException if the program cannot be explored
   */
  public Result explore() {
    Limits limits = new Limits(maxExecutions, maxTime);
    return mode == Mode.EXHAUSTIVE ? exhaust(limits) : tryAtRandom(limits);
  }

  private Result exhaust(Limits limits) {
    Tree tree = explore(limits, carriers, preemptions);
    String limit = limits.reached();
    if (limit == null && tree.isCut()) {
      limit = preemptions + (preemptions == 1 ? " preemption" : " preemptions");
    }
    Violation violation = tree.violation();
    Counterexample counterexample = null;
    if (violation != null) {
      limit = null;
      counterexample = shorten(violation, tree.schedule());
    }
    return result(limits, tree.maxDepth(), limit, counterexample);
  }

  private Tree explore(Limits limits, int threads, int bound) {
    Tree tree = new Tree(limits, threads, new TreeDirector(setup.cpus(), bound));
    List<Runnable> work = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      work.add(() -> tree.explore(new Explorer(program, setup)));
    }
    Carriers.run(work, () -> observer.accept(tree.progress()), REPORT_MILLIS, limits);
    RuntimeException failure = tree.failure();
    if (failure != null) {
      throw failure;
    }
    return tree;
  }

  private Result tryAtRandom(Limits limits) {
    ChanceSearch search = new ChanceSearch(limits, seed, mode == Mode.PCT ? RACE_DEPTH : 0);
    List<Runnable> work =
        IntStream.range(0, carriers)
            .<Runnable>mapToObj(i -> () -> search.explore(new Explorer(program, setup)))
            .toList();
    Carriers.run(
        work, () -> observer.accept(limits.progress(search.maxDepth(), 0)), REPORT_MILLIS, limits);
    RuntimeException failure = search.failure();
    if (failure != null) {
      throw failure;
    }
    Violation violation = search.violation();
    Counterexample counterexample =
        violation == null ? null : shorten(violation, search.schedule());
    String limit = limits.reached() == null ? "chance" : limits.reached();
    return result(limits, search.maxDepth(), violation == null ? limit : null, counterexample);
  }

  private static Result result(
      Limits limits, int maxDepth, @Nullable String limit, @Nullable Counterexample example) {
    return new Result(
        limits.executions(),
        limits.redundant(),
        limits.steps(),
        maxDepth,
        limits.elapsed(),
        limit,
        example);
  }

  private Counterexample shorten(Violation violation, Schedule schedule) {
    Counterexample[] found = new Counterexample[1];
    Limits limits = new Limits(Long.MAX_VALUE, shortening);
    Carriers.run(
        () -> {
          Shortening search = new Shortening(program, setup);
          Counterexample first = search.measure(violation, schedule);
          found[0] = shortening.isZero() ? first : search.shorten(first, limits);
        },
        limits);
    return found[0];
  }

  // --- replaying ---

  /**
   * Takes the steps of a schedule once more, showing each.
   *
   * @param listener gets each step right after it was taken, while nothing moves, and what lets it
   *     look at memory; called by a thread of the explorer's
   * @return what was violated, or null
   * @throws CheckerException if the program does not follow the schedule
   */
  public @Nullable Violation replay(Schedule schedule, ReplayListener listener) {
    Violation[] found = new Violation[1];
    Carriers.run(
        () -> found[0] = new Replay(program, setup).run(schedule, listener),
        new Limits(1, MAX_TIME));
    return found[0];
  }
}
