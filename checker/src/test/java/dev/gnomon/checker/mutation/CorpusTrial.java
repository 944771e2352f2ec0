package dev.gnomon.checker.mutation;

import dev.gnomon.checker.litmus.Conditions;
import dev.gnomon.checker.litmus.Corpus;
import dev.gnomon.checker.litmus.Litmus;
import dev.gnomon.checker.property.Violation;
import dev.gnomon.checker.schedule.CheckerException;
import dev.gnomon.checker.schedule.Counterexample;
import dev.gnomon.checker.schedule.Exploration;
import dev.gnomon.checker.schedule.MemoryModel;
import dev.gnomon.checker.schedule.Program;
import dev.gnomon.checker.schedule.Result;
import dev.gnomon.mmu.Rules;
import java.time.Duration;
import java.util.Map;

/** Runs scenarios on the classes beside which it was loaded: see {@link MutantLoader}. */
public final class CorpusTrial implements Trial {

  /** Called by reflection. */
  public CorpusTrial() {}

  @Override
  public Finding explore(
      String scenario, Map<String, String> values, long maxExecutions, long maxMillis) {
    Program program = SyncPrograms.find(scenario);
    return program == null
        ? found(exploration(scenario, values), maxExecutions, maxMillis)
        : found(
            Exploration.of(program).cpus(2).memoryModel(MemoryModel.TSO).locksOfWords(),
            maxExecutions,
            maxMillis);
  }

  private static Exploration exploration(String scenario, Map<String, String> values) {
    Litmus litmus = Corpus.load(scenario);
    Rules rules = litmus.rules();
    for (Map.Entry<String, String> value : values.entrySet()) {
      rules = rules.with(Rules.find(value.getKey()).orElseThrow(), value.getValue()).orElseThrow();
    }
    Exploration exploration =
        Exploration.of(litmus.program(rules))
            .cpus(litmus.script().cpus())
            .memoryModel(litmus.conditions().memoryModel());
    return litmus.conditions().locks() == Conditions.Locks.WORDS
        ? exploration.locksOfWords()
        : exploration;
  }

  private static Finding found(Exploration exploration, long maxExecutions, long maxMillis) {
    Result result;
    try {
      result =
          exploration
              .maxExecutions(maxExecutions)
              .maxTime(Duration.ofMillis(maxMillis))
              .shortening(Duration.ZERO)
              .explore();
    } catch (CheckerException e) {
      return new Finding(REFUSED, String.valueOf(e.getMessage()), true, 0, 0);
    }
    Counterexample example = result.counterexample();
    Violation found = example == null ? null : example.violation();
    return new Finding(
        found == null ? "" : found.property().label(),
        found == null ? "" : found.message(),
        result.isComplete(),
        result.executions(),
        result.elapsed().toMillis());
  }
}
