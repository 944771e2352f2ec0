package dev.gnomon.cli.check;

import dev.gnomon.checker.property.Property;
import dev.gnomon.checker.property.Violation;
import dev.gnomon.checker.report.Recording;
import dev.gnomon.checker.report.ReplayFile;
import dev.gnomon.checker.report.Turn;
import dev.gnomon.checker.schedule.CheckerException;
import dev.gnomon.checker.schedule.Schedule;
import dev.gnomon.cli.usage.RuleTexts;
import dev.gnomon.cli.usage.UserRules;
import dev.gnomon.machine.InputException;
import dev.gnomon.mmu.Rules;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A counterexample that was saved by {@code --save}.
 *
 * @param name of the file, for messages
 * @param file what is in it
 * @param question what it answers
 */
record SavedCounterexample(String name, ReplayFile file, Question question) {
  private static final String RACES = "races";
  private static final String PREEMPTIONS = "preemptions";
  private static final String SHORTEST = "shortest";
  private static final String SEED = "seed";
  private static final String ON = "on";
  private static final String OFF = "off";

  /**
   * Reads one.
   *
   * @throws InputException if it cannot be read, or its scenario or a rule is not there any more
   */
  static SavedCounterexample read(String name, UserRules users) {
    ReplayFile file = ReplayFile.parse(name, text(name));
    String text = file.text(name, ScenarioText::text);
    ScenarioText scenario = ScenarioText.parse(file.scenario(), text);
    List<String> ruleTexts =
        file.rules().entrySet().stream()
            .map(rule -> rule.getKey() + "=" + rule.getValue())
            .toList();
    Rules rules;
    try {
      rules = RuleTexts.parse(ruleTexts, users);
    } catch (InputException e) {
      throw new InputException(name + ": " + e.getMessage(), e);
    }
    Question question =
        new Question(
            scenario, "", "", String.join(" ", ruleTexts), rules, file.memoryModel(), null);
    return new SavedCounterexample(name, file, question);
  }

  private static String text(String name) {
    try {
      return Files.readString(Path.of(name));
    } catch (InvalidPathException | NoSuchFileException e) {
      throw new InputException("--replay " + name + ": there is no such file", e);
    } catch (IOException e) {
      throw new InputException("--replay " + name + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /** The options of a file that says how its counterexample was found. */
  static Map<String, String> options(Recording.Search search, boolean findsRaces) {
    Map<String, String> options = new LinkedHashMap<>();
    options.put(RACES, findsRaces ? ON : OFF);
    options.put(PREEMPTIONS, String.valueOf(search.preemptions()));
    options.put(SHORTEST, search.isShortest() ? ON : OFF);
    options.put(SEED, String.valueOf(search.seed()));
    return options;
  }

  /** How it was found. */
  Recording.Search search() {
    return new Recording.Search(
        file.memoryModel(), number(SEED), Math.toIntExact(number(PREEMPTIONS)), isOn(SHORTEST));
  }

  private boolean isOn(String option) {
    return ON.equals(file.options().get(option));
  }

  private long number(String option) {
    String text = file.options().getOrDefault(option, "0");
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new InputException(name + ": option " + option + " is no number: " + text, e);
    }
  }

  /** Who moves when. */
  Schedule schedule() {
    return Turn.schedule(file.schedule(), question.scenario().litmus().script().cpus());
  }

  /**
   * Runs it again.
   *
   * @throws InputException if that is not possible any more
   */
  Rerun rerun(SearchPlan plan) {
    if (file.violated() == Property.NO_DATA_RACE && !plan.findsRaces()) {
      throw new InputException(name + ": is a race on plain Java state; it takes --races on");
    }
    try {
      return Rerun.of(plan, question, schedule());
    } catch (CheckerException e) {
      throw new InputException(
          name + ": the program does not go that way any more: " + e.getMessage(), e);
    }
  }

  /** What is said of a run that does not violate what it did. */
  String describeChange(Rerun rerun) {
    Violation found = rerun.violation();
    return name
        + ": violated "
        + file.violated().label()
        + " when it was saved, "
        + (found == null ? "and nothing now" : "now " + found.property().label());
  }
}
