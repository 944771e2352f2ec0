package dev.gnomon.bench.check;

import dev.gnomon.checker.litmus.Conditions;
import dev.gnomon.checker.litmus.Corpus;
import dev.gnomon.checker.litmus.Litmus;
import dev.gnomon.checker.litmus.LitmusCase;
import dev.gnomon.checker.schedule.Exploration;
import dev.gnomon.checker.schedule.MemoryModel;
import dev.gnomon.mmu.platform.PhysicalMemory;
import java.time.Duration;
import java.util.List;

/**
 * A scenario of the corpus and what it expects under some rules.
 *
 * @param litmus the scenario
 * @param litmusCase what it expects
 */
record CorpusQuestion(Litmus litmus, LitmusCase litmusCase) {
  /** Frames of a CPU in which tables and copies of a few pages find room. */
  private static final int SPARE_FRAMES = 1024;

  /** All that the corpus asks under SC. */
  static List<CorpusQuestion> all() {
    return Corpus.all().stream()
        .flatMap(
            litmus ->
                litmus.cases(MemoryModel.SC).stream().map(each -> new CorpusQuestion(litmus, each)))
        .toList();
  }

  /** Whether it is about the rules that its scenario itself sets, and expects nothing of them. */
  boolean isPlain() {
    return litmusCase.assignments().isEmpty() && litmusCase.properties().isEmpty();
  }

  /** By one carrier, without looking for races, and any counterexample will do. */
  Exploration exploration() {
    Exploration exploration =
        Exploration.of(litmus.program(litmusCase))
            .cpus(litmus.script().cpus())
            .framesPerCpu(
                Math.toIntExact(
                    2 * PhysicalMemory.pfn(litmus.script().vmConfig().memoryBytes())
                        + SPARE_FRAMES))
            .memoryModel(MemoryModel.SC)
            .races(false)
            .shortening(Duration.ZERO);
    return litmus.conditions().locks() == Conditions.Locks.WORDS
        ? exploration.locksOfWords()
        : exploration;
  }

  @Override
  public String toString() {
    return (litmus.name() + " " + litmusCase.describe()).strip();
  }
}
