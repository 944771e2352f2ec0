package dev.gnomon.cli.rules;

import dev.gnomon.cli.check.Answer;
import dev.gnomon.cli.check.CheckPlan;
import dev.gnomon.cli.check.Inquiry;
import dev.gnomon.cli.check.Paint;
import dev.gnomon.cli.check.Question;
import dev.gnomon.cli.check.ScenarioText;
import dev.gnomon.cli.check.SearchPlan;
import dev.gnomon.cli.usage.Choice;
import dev.gnomon.cli.usage.ExitStatus;
import dev.gnomon.cli.usage.Interruption;
import dev.gnomon.cli.usage.OutputFile;
import dev.gnomon.cli.usage.TerminalLine;
import dev.gnomon.machine.InputException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gnomon rules}: the disputed decisions and their verdicts. */
@Command(
    name = "rules",
    sortOptions = false,
    usageHelpWidth = 100,
    customSynopsis = "gnomon rules [RULE...] [options]",
    description = {
      "",
      "Lists the disputed decisions of the MMU: the values of each, where they come from, and what"
          + " scenarios of the corpus say about them.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  gnomon rules                 all of them",
      "  gnomon rules volatile        one",
      "  gnomon rules --verify        every value against every scenario that is about its rule",
      "  gnomon rules --verify --all  every value against every scenario there is",
      "",
      "A value is safe only if every scenario that is about its rule completes under it without a",
      "violation; among them are those that refute the other values of the rule.",
      "",
      "Exit status: 0 fine; 1 --verify found another verdict than the corpus expects; 2 wrong"
          + " usage;",
      "130 interrupted."
    })
public final class RulesCommand implements Callable<Integer> {
  private static final String STANDARD_STREAM = "-";

  @Parameters(arity = "0..*", paramLabel = "RULE", description = "Which rules (default: all).")
  private List<String> names = new ArrayList<>();

  @Option(names = "--verify", description = "Explore the whole product, and compare the verdicts.")
  private boolean verifies;

  @Option(
      names = "--all",
      description = "With --verify: against every scenario, not only those about the rule.")
  private boolean takesAll;

  @Option(
      names = "--carriers",
      paramLabel = "N",
      description = "Threads that explore (default: one for each processor).")
  private @Nullable Integer carriers;

  @Option(
      names = "--races",
      paramLabel = "on|off",
      converter = Choice.OnOff.class,
      description = "Look for races on plain Java state too (default: on).")
  private Choice.@Nullable Feature races;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Write the rules and their verdicts as JSON; '-' is standard output.")
  private @Nullable String json;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this help.")
  private boolean isHelp;

  @Spec private @Nullable CommandSpec spec;

  /** Made by picocli. */
  public RulesCommand() {}

  @Override
  public Integer call() {
    OutputFile file =
        json == null || json.equals(STANDARD_STREAM) ? null : new OutputFile("--json", json);
    if (takesAll && !verifies) {
      throw new InputException("--all goes with --verify only");
    }
    RuleBook book = new RuleBook(names, ScenarioText.corpus(), takesAll);
    PrintWriter text = STANDARD_STREAM.equals(json) ? line().getErr() : line().getOut();
    if (verifies) {
      return verify(book, text, file);
    }
    new RuleTable(text, Paint.ofOutput()).print(book);
    write(file, RuleJson.text(book));
    return ExitStatus.OK;
  }

  private int verify(RuleBook book, PrintWriter text, @Nullable OutputFile file) {
    SearchPlan plan =
        SearchPlan.exhaustive(CheckPlan.carriers(carriers), CheckPlan.findsRaces(races));
    Verification verification = new Verification(book);
    List<Question> questions = verification.questions();
    TerminalLine terminal = new TerminalLine(line().getErr(), TerminalLine.isPossible());
    try (Interruption interruption = new Interruption()) {
      interruption.install();
      List<Answer> wrong = new ArrayList<>();
      List<Answer> answers =
          new Inquiry(plan, question -> false, terminal, interruption)
              .ask(
                  questions,
                  answer -> {
                    if (answer.isUnexpected()) {
                      wrong.add(answer);
                    }
                  });
      List<Settlement> settlements = verification.settle(answers);
      new RuleTable(text, Paint.ofOutput()).print(settlements);
      tell(wrong, answers, questions, settlements, text);
      write(file, RuleJson.text(settlements, answers));
      boolean isRight = wrong.isEmpty() && settlements.stream().allMatch(Settlement::isAsExpected);
      if (interruption.isRequested()) {
        return ExitStatus.INTERRUPTED;
      }
      return isRight ? ExitStatus.OK : ExitStatus.VIOLATED;
    }
  }

  private static void tell(
      List<Answer> wrong,
      List<Answer> answers,
      List<Question> questions,
      List<Settlement> settlements,
      PrintWriter text) {
    for (Answer answer : wrong) {
      text.println(
          "NOT EXPECTED: %s %s: %s"
              .formatted(
                  answer.question().scenario().name(),
                  answer.question().describe(),
                  answer.describe()));
    }
    text.println(
        "%d of %d explorations; %d of %d verdicts as the corpus expects"
            .formatted(
                answers.size(),
                questions.size(),
                settlements.stream().filter(Settlement::isAsExpected).count(),
                settlements.size()));
    text.flush();
  }

  private void write(@Nullable OutputFile file, String report) {
    if (file != null) {
      file.write(report);
    } else if (STANDARD_STREAM.equals(json)) {
      line().getOut().print(report);
      line().getOut().flush();
    }
  }

  private CommandLine line() {
    CommandSpec known = spec;
    if (known == null) {
      throw new IllegalStateException("picocli has not made this command");
    }
    return known.commandLine();
  }
}
