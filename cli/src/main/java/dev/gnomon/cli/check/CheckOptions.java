package dev.gnomon.cli.check;

import dev.gnomon.checker.schedule.MemoryModel;
import dev.gnomon.checker.schedule.Mode;
import dev.gnomon.cli.usage.Choice;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The options of {@code check} as they were given. */
final class CheckOptions {
  @Parameters(
      arity = "0..*",
      paramLabel = "SCENARIO",
      description = {
        "Litmus files, or names of scenarios of the corpus. None: the whole corpus; with --rule,"
            + " those of it that are about one of the rules."
      })
  List<String> scenarios = new ArrayList<>();

  @ArgGroup(validate = false, order = 1, heading = "%nThe question:%n")
  Asked asked = new Asked();

  @ArgGroup(validate = false, order = 2, heading = "%nThe search:%n")
  Search search = new Search();

  @ArgGroup(validate = false, order = 3, heading = "%nOutput:%n")
  Output output = new Output();

  /** What is to be answered. */
  static final class Asked {
    @Option(
        names = "--rule",
        paramLabel = "NAME=VALUE",
        description =
            "Ask what becomes of the scenarios with this decision, instead of what their files"
                + " name; may be repeated. '?' lists the rules, 'NAME=?' the values.")
    List<String> rules = new ArrayList<>();

    @Option(
        names = "--classpath",
        paramLabel = "PATHS",
        description =
            "Jars and directories with values of your own: --rule NAME=CLASS, see docs/rules.md.")
    @Nullable String classpath;

    @Option(
        names = "--memory-model",
        paramLabel = "sc|tso",
        converter = Model.class,
        description =
            "Sequential consistency, or x86's store buffers (default: what the file says).")
    @Nullable MemoryModel model;

    @Option(
        names = "--replay",
        paramLabel = "FILE",
        description = "Run the one execution that --save wrote, and show it.")
    @Nullable String replay;

    @Option(names = "--list", description = "List the corpus, and explore nothing.")
    boolean lists;
  }

  /** How the answer is looked for. */
  static final class Search {
    @Option(
        names = "--mode",
        paramLabel = "exhaustive|random|pct",
        converter = WhichMode.class,
        description = {
          "exhaustive: every execution, but for those that differ only in the order of independent"
              + " steps (default).",
          "random: by chance. pct: by random priorities that change a few times. For scenarios too"
              + " big to exhaust; 10,000 executions if no bound is given."
        })
    Mode mode = Mode.EXHAUSTIVE;

    @Option(
        names = "--executions",
        paramLabel = "N",
        description = "End the search of each question after N executions.")
    @Nullable Long executions;

    @Option(
        names = "--seconds",
        paramLabel = "S",
        description = "End the search of each question after S seconds.")
    @Nullable Double seconds;

    @Option(
        names = "--preemptions",
        paramLabel = "N",
        description = "Leave out executions in which CPUs are made to wait more than N times.")
    @Nullable Integer preemptions;

    @Option(
        names = "--seed",
        paramLabel = "N",
        description = "Where chance begins (default: another one each time; it is printed).")
    @Nullable Long seed;

    @Option(
        names = "--carriers",
        paramLabel = "N",
        description = "Threads that explore (default: one for each processor).")
    @Nullable Integer carriers;

    @Option(
        names = "--races",
        paramLabel = "on|off",
        converter = Choice.OnOff.class,
        description =
            "Look for races on plain Java state too (default: on). Most of the time goes there.")
    Choice.@Nullable Feature races;
  }

  /** What is told. */
  static final class Output {
    @Option(
        names = "--table",
        description = "Show the counterexample of every violated verdict, the expected ones too.")
    boolean showsAllTables;

    @Option(
        names = "--all-steps",
        description = "Show every step in tables, not only those that matter.")
    boolean showsAllSteps;

    @Option(
        names = "--html",
        paramLabel = "FILE",
        description = "Write the first counterexample as a page to step through.")
    @Nullable String html;

    @Option(
        names = "--trace",
        paramLabel = "FILE",
        description = "Write the first counterexample as a trace for Perfetto.")
    @Nullable String trace;

    @Option(
        names = "--save",
        paramLabel = "FILE",
        description = "Write the first counterexample for --replay.")
    @Nullable String save;

    @Option(
        names = "--json",
        paramLabel = "FILE",
        description = "Write the verdicts as JSON; '-' is standard output.")
    @Nullable String json;

    /** Whether a counterexample is to be written. */
    boolean hasFiles() {
      return html != null || trace != null || save != null;
    }
  }

  /** A memory model. */
  static final class Model extends Choice<MemoryModel> {
    Model() {
      for (MemoryModel model : MemoryModel.values()) {
        word(Labels.of(model), model);
      }
    }
  }

  /** How executions are chosen. */
  static final class WhichMode extends Choice<Mode> {
    WhichMode() {
      for (Mode mode : Mode.values()) {
        word(Labels.of(mode), mode);
      }
    }
  }
}
