package dev.gnomon.cli.check;

import dev.gnomon.checker.litmus.Conditions;
import dev.gnomon.checker.schedule.Exploration;
import dev.gnomon.checker.schedule.MemoryModel;
import dev.gnomon.checker.schedule.Mode;
import dev.gnomon.checker.schedule.Program;
import dev.gnomon.machine.guest.script.Script;
import dev.gnomon.machine.guest.script.ScriptObserver;
import dev.gnomon.mmu.platform.PhysicalMemory;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How questions are explored.
 *
 * @param mode how executions are chosen
 * @param maxExecutions of each question, or null
 * @param maxTime of each question, or null
 * @param maxPreemptions in an execution, or null
 * @param seed where chance begins
 * @param carriers how many threads explore in all
 * @param findsRaces whether races on plain Java state are looked for
 */
public record SearchPlan(
    Mode mode,
    @Nullable Long maxExecutions,
    @Nullable Duration maxTime,
    @Nullable Integer maxPreemptions,
    long seed,
    int carriers,
    boolean findsRaces) {

  /** Frames of a CPU in which page tables and copies of a few pages find room. */
  private static final int SPARE_FRAMES = 1024;

  private static final Duration SHORTENING = Duration.ofSeconds(10);

  /** Everything, on so many carriers. */
  public static SearchPlan exhaustive(int carriers, boolean findsRaces) {
    return new SearchPlan(Mode.EXHAUSTIVE, null, null, null, 1, carriers, findsRaces);
  }

  /** Whether there is chance in it. */
  boolean isRandom() {
    return mode != Mode.EXHAUSTIVE;
  }

  /**
   * The exploration of a question.
   *
   * @param threads how many of the carriers it gets
   * @param isShortened whether its counterexample is for a reader
   */
  Exploration exploration(Question question, int threads, boolean isShortened) {
    Exploration exploration =
        exploration(question, ScriptObserver.NOBODY)
            .carriers(threads)
            .mode(mode)
            .seed(seed)
            .shortening(isShortened ? SHORTENING : Duration.ZERO);
    if (maxExecutions != null) {
      exploration = exploration.maxExecutions(maxExecutions);
    }
    if (maxTime != null) {
      exploration = exploration.maxTime(maxTime);
    }
    return maxPreemptions == null ? exploration : exploration.maxPreemptions(maxPreemptions);
  }

  /** The same with someone who looks on, for a replay. */
  Exploration exploration(Question question, ScriptObserver observer) {
    Program program = question.scenario().litmus().program(question.rules(), observer);
    Conditions conditions = question.scenario().litmus().conditions();
    Script script = question.scenario().litmus().script();
    Exploration exploration =
        Exploration.of(program)
            .cpus(script.cpus())
            .framesPerCpu(framesPerCpu(script))
            .memoryModel(question.model())
            .races(findsRaces);
    return conditions.locks() == Conditions.Locks.WORDS ? exploration.locksOfWords() : exploration;
  }

  /** Each CPU may be the one that touches all of memory, and the one that copies all of it. */
  private static int framesPerCpu(Script script) {
    return Math.toIntExact(2 * PhysicalMemory.pfn(script.vmConfig().memoryBytes()) + SPARE_FRAMES);
  }

  /** The memory model that a word names. */
  static MemoryModel model(String word) {
    return word.equals("tso") ? MemoryModel.TSO : MemoryModel.SC;
  }
}
