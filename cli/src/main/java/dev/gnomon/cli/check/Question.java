package dev.gnomon.cli.check;

import dev.gnomon.checker.litmus.LitmusCase;
import dev.gnomon.checker.schedule.MemoryModel;
import dev.gnomon.cli.usage.RuleTexts;
import dev.gnomon.cli.usage.UserRules;
import dev.gnomon.mmu.Rules;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What one exploration is to answer: whether a scenario is safe under some rules.
 *
 * @param scenario which
 * @param rule the rule that it is about, or empty if it is about none
 * @param value of that rule
 * @param asked the rules that it puts into those of the file, as a user writes them; may be empty
 * @param rules all rules
 * @param model the memory model
 * @param expectation what the file says of it, or null
 */
public record Question(
    ScenarioText scenario,
    String rule,
    String value,
    String asked,
    Rules rules,
    MemoryModel model,
    @Nullable LitmusCase expectation) {

  /**
   * One for each verdict that the file names.
   *
   * @param model the only memory model that counts; null: the file's own, and where the file says
   *     what is expected under one model, that one
   */
  public static List<Question> named(ScenarioText scenario, @Nullable MemoryModel model) {
    List<Question> questions = new ArrayList<>();
    for (LitmusCase each : scenario.litmus().cases()) {
      for (MemoryModel under : models(scenario, each, model)) {
        questions.add(
            new Question(
                scenario,
                each.rule(),
                each.value(),
                each.describe(),
                each.applyTo(scenario.litmus().rules()),
                under,
                each));
      }
    }
    return questions;
  }

  private static Set<MemoryModel> models(
      ScenarioText scenario, LitmusCase named, @Nullable MemoryModel asked) {
    if (asked != null) {
      return named.models().contains(asked) ? Set.of(asked) : Set.of();
    }
    boolean isAboutModels = named.models().size() < MemoryModel.values().length;
    return isAboutModels
        ? EnumSet.copyOf(named.models())
        : Set.of(scenario.litmus().conditions().memoryModel());
  }

  /**
   * A user's own: the file's settings, with some rules put in, and nothing expected.
   *
   * @param ruleTexts at least one, each {@code NAME=VALUE}
   * @param model null: the file's own
   */
  public static Question own(
      ScenarioText scenario, List<String> ruleTexts, UserRules users, @Nullable MemoryModel model) {
    String first = ruleTexts.getFirst();
    return new Question(
        scenario,
        RuleTexts.rule(first).name(),
        RuleTexts.value(first),
        String.join(" ", ruleTexts),
        RuleTexts.apply(scenario.litmus().rules(), ruleTexts, users),
        model == null ? scenario.litmus().conditions().memoryModel() : model,
        null);
  }

  /** What makes two questions explore the same. */
  public record Subject(ScenarioText scenario, String rules, MemoryModel model) {

    /** Whether at most the memory models differ. */
    public boolean isLikeButForModel(Subject other) {
      return scenario.equals(other.scenario) && rules.equals(other.rules);
    }
  }

  /** What is explored. */
  public Subject subject() {
    return new Subject(scenario, rules.describe(), model);
  }

  /** The rules that it puts in, for a reader. */
  public String describe() {
    return (asked.isEmpty() ? "as the file says" : asked) + underModel();
  }

  /** {@code " under tso"} if that is not the file's own memory model; else nothing. */
  public String underModel() {
    boolean isUnusual = model != scenario.litmus().conditions().memoryModel();
    return isUnusual ? " under " + Labels.of(model) : "";
  }
}
