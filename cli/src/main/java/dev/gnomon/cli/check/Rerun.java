package dev.gnomon.cli.check;

import dev.gnomon.checker.property.Violation;
import dev.gnomon.checker.report.Recorder;
import dev.gnomon.checker.report.Recording;
import dev.gnomon.checker.schedule.Schedule;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.config.RuleSwitch;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An execution once more, for a reader.
 *
 * @param question of what
 * @param violation what it violates, or null
 */
record Rerun(Question question, Recorder recorder, @Nullable Violation violation) {

  /**
   * Takes the steps of a schedule.
   *
   * @throws dev.gnomon.checker.schedule.CheckerException if the program does not follow it
   */
  static Rerun of(SearchPlan plan, Question question, Schedule schedule) {
    Recorder recorder = new Recorder(question.model());
    Violation violation = plan.exploration(question, recorder::watch).replay(schedule, recorder);
    return new Rerun(question, recorder, violation);
  }

  /**
   * What was recorded; only if something is violated.
   *
   * @param search how it was found first
   */
  Recording recording(Recording.Search search) {
    if (violation == null) {
      throw new IllegalStateException("nothing is violated");
    }
    return recorder.finish(
        new Recording.Scenario(
            question.scenario().name(),
            String.join("\n", question.scenario().litmus().prose()),
            rules(question.rules())),
        search,
        violation);
  }

  /** Those that are not at their defaults. */
  static Map<String, String> rules(Rules rules) {
    Map<String, String> values = new LinkedHashMap<>();
    for (RuleSwitch<?> rule : Rules.SWITCHES) {
      if (rules.get(rule) != rule.defaultValue()) {
        values.put(rule.name(), RuleSwitch.label(rules.get(rule)));
      }
    }
    return values;
  }
}
