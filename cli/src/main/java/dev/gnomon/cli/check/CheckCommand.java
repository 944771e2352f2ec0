package dev.gnomon.cli.check;

import dev.gnomon.checker.litmus.Corpus;
import dev.gnomon.checker.property.Violation;
import dev.gnomon.checker.report.Recording;
import dev.gnomon.checker.schedule.MemoryModel;
import dev.gnomon.cli.usage.ExitStatus;
import dev.gnomon.cli.usage.Failure;
import dev.gnomon.cli.usage.Interruption;
import dev.gnomon.cli.usage.OutputFile;
import dev.gnomon.cli.usage.RuleTexts;
import dev.gnomon.cli.usage.TerminalLine;
import dev.gnomon.cli.usage.UserRules;
import dev.gnomon.machine.InputException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gnomon check}: explores scenarios, and says what is safe and what is violated. */
@Command(
    name = "check",
    sortOptions = false,
    usageHelpWidth = 100,
    customSynopsis = "gnomon check [SCENARIO...] [options]",
    description = {
      "",
      "Runs small scenarios of vCPUs and host CPUs in every interleaving, on the classes that serve"
          + " 'gnomon run'. Says 'safe' with how many executions that took, or 'violated' with a"
          + " shortest counterexample.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  gnomon check                                       the corpus: is every verdict as it"
          + " says?",
      "  gnomon check lost-dirty-bit                        one scenario, each value that it names",
      "  gnomon check lost-dirty-bit --rule tdp-write=plain what becomes of it, step by step",
      "  gnomon check my.litmus --rule volatile=?           the values of a rule",
      "  gnomon check --rule volatile=com.acme.MyRule --classpath my.jar",
      "                                                     a rule of your own, against all that is"
          + " about it",
      "  gnomon check lost-dirty-bit --rule tdp-write=plain --html race.html --save race.json",
      "  gnomon check --replay race.json --all-steps",
      "  gnomon check big.litmus --mode pct --seconds 60",
      "",
      "A scenario is a text file, see docs/litmus.md. Its lines: which rules; the verdict; whether",
      "the file expects it; executions that were completed, + those cut short as repetitions;"
          + " time.",
      "A bound turns 'safe' into 'no violation within' it, which neither confirms nor refutes.",
      "Ctrl-C ends a search; what there is until then is told.",
      "",
      "Exit status: 0 every verdict is the expected one, or the question's answer is not"
          + " 'violated';",
      "1 a verdict is not the expected one, or the answer is 'violated'; 2 wrong usage or input;",
      "130 interrupted."
    })
public final class CheckCommand implements Callable<Integer> {
  private static final String STANDARD_STREAM = "-";

  @Mixin private CheckOptions options = new CheckOptions();

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this help.")
  private boolean isHelp;

  @Spec private @Nullable CommandSpec spec;

  /** Made by picocli. */
  public CheckCommand() {}

  @Override
  public Integer call() {
    if (options.asked.rules.stream().anyMatch(RuleTexts::isQuestion)) {
      RuleTexts.answer(options.asked.rules, out());
      return ExitStatus.OK;
    }
    if (options.asked.lists) {
      list();
      return ExitStatus.OK;
    }
    SearchPlan plan = CheckPlan.of(options.search);
    UserRules users = UserRules.on(options.asked.classpath);
    CounterexampleOutput output = new CounterexampleOutput(options.output, plan, Paint.ofOutput());
    try {
      return options.asked.replay == null
          ? check(plan, users, output)
          : replay(options.asked.replay, plan, users, output);
    } catch (OutOfMemoryError e) {
      return Failure.of(e).explain(err());
    }
  }

  private void list() {
    int width = Corpus.names().stream().mapToInt(String::length).max().orElse(0);
    for (ScenarioText each : ScenarioText.corpus()) {
      out()
          .println(
              each.name() + " ".repeat(width + 2 - each.name().length()) + each.litmus().title());
    }
    out().flush();
  }

  // --- what is asked ---

  private List<ScenarioText> scenarios() {
    if (!options.scenarios.isEmpty()) {
      return options.scenarios.stream().map(ScenarioText::of).toList();
    }
    if (options.asked.rules.isEmpty()) {
      return ScenarioText.corpus();
    }
    Set<String> names =
        options.asked.rules.stream()
            .map(text -> RuleTexts.rule(text).name())
            .collect(Collectors.toSet());
    List<ScenarioText> about =
        ScenarioText.corpus().stream()
            .filter(each -> names.stream().anyMatch(each::isAbout))
            .toList();
    if (about.isEmpty()) {
      throw new InputException(
          "no scenario of the corpus is about " + String.join(", ", names) + "; name one");
    }
    return about;
  }

  private List<Question> questions(UserRules users) {
    MemoryModel model = options.asked.model;
    List<String> rules = options.asked.rules;
    List<Question> questions =
        scenarios().stream()
            .flatMap(
                scenario ->
                    rules.isEmpty()
                        ? Question.named(scenario, model).stream()
                        : List.of(Question.own(scenario, rules, users, model)).stream())
            .toList();
    if (questions.isEmpty()) {
      throw new InputException("no verdict is expected under that memory model");
    }
    return questions;
  }

  // --- exploring ---

  private int check(SearchPlan plan, UserRules users, CounterexampleOutput output) {
    List<Question> questions = questions(users);
    OutputFile json = jsonFile();
    boolean isJsonOnOutput = STANDARD_STREAM.equals(options.output.json);
    PrintWriter text = isJsonOnOutput ? err() : out();
    AnswerTable table = new AnswerTable(text, Paint.ofOutput());
    TerminalLine terminal = new TerminalLine(err(), TerminalLine.isPossible());
    long start = System.nanoTime();
    try (Interruption interruption = new Interruption()) {
      interruption.install();
      table.header();
      List<Answer> answers =
          new Inquiry(plan, this::isForReader, terminal, interruption).ask(questions, table::print);
      Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
      boolean isOne = questions.size() == 1 && !answers.isEmpty();
      if (isOne) {
        table.printCoverage(answers.getFirst(), plan);
      }
      tell(answers, output, text);
      if (!isOne) {
        table.printSummary(answers, questions.size(), plan, elapsed);
      }
      String report = AnswerJson.text(answers, questions.size(), plan, Numbers.inSeconds(elapsed));
      if (json != null) {
        json.write(report);
      } else if (isJsonOnOutput) {
        out().print(report);
        out().flush();
      }
      return status(answers, interruption.isRequested());
    }
  }

  private @Nullable OutputFile jsonFile() {
    String name = options.output.json;
    return name == null || name.equals(STANDARD_STREAM) ? null : new OutputFile("--json", name);
  }

  /** Whether a counterexample would be shown: time is spent on shortening only those. */
  private boolean isForReader(Question question) {
    return question.expectation() == null
        || options.output.showsAllTables
        || options.output.hasFiles()
        || question.expectation().isMetBy(null);
  }

  /** Shows the first counterexample that is news, and writes the first of all. */
  private void tell(List<Answer> answers, CounterexampleOutput output, PrintWriter text) {
    int news = 0;
    for (Answer answer : answers) {
      if (answer.verdict() == Answer.Verdict.VIOLATED) {
        boolean isNews = answer.question().expectation() == null || answer.isUnexpected();
        news += isNews ? 1 : 0;
        boolean isPrinted = options.output.showsAllTables || isNews && news == 1;
        if (isPrinted || options.output.hasFiles() && !output.hasWritten()) {
          output.tell(answer, isPrinted, text);
        }
      }
    }
    if (news > 1 && !options.output.showsAllTables) {
      text.println(
          "This is the first of %d counterexamples; --table shows them all.".formatted(news));
    }
    if (options.output.hasFiles() && !output.hasWritten()) {
      err().println("gnomon: nothing is violated; no counterexample is written");
      err().flush();
    }
  }

  private static int status(List<Answer> answers, boolean isInterrupted) {
    for (Answer answer : answers) {
      boolean isOwn = answer.question().expectation() == null;
      if (answer.isUnexpected() || isOwn && answer.verdict() == Answer.Verdict.VIOLATED) {
        return ExitStatus.VIOLATED;
      }
      if (answer.verdict() == Answer.Verdict.IMPOSSIBLE) {
        return ExitStatus.USAGE;
      }
    }
    return isInterrupted ? ExitStatus.INTERRUPTED : ExitStatus.OK;
  }

  // --- replaying ---

  private int replay(String name, SearchPlan plan, UserRules users, CounterexampleOutput output) {
    if (!options.scenarios.isEmpty() || !options.asked.rules.isEmpty()) {
      throw new InputException("--replay goes with no scenario and no --rule: its file says both");
    }
    SavedCounterexample saved = SavedCounterexample.read(name, users);
    Rerun rerun = saved.rerun(plan);
    Violation violation = rerun.violation();
    if (violation == null) {
      throw new InputException(saved.describeChange(rerun));
    }
    Recording recording = rerun.recording(saved.search());
    output.tell(rerun, saved.schedule(), recording, true, out());
    if (violation.property() != saved.file().violated()) {
      throw new InputException(saved.describeChange(rerun));
    }
    return ExitStatus.VIOLATED;
  }

  private PrintWriter out() {
    return line().getOut();
  }

  private PrintWriter err() {
    return line().getErr();
  }

  private CommandLine line() {
    CommandSpec known = spec;
    if (known == null) {
      throw new IllegalStateException("picocli has not made this command");
    }
    return known.commandLine();
  }
}
