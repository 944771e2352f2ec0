package dev.gnomon.cli.run;

import dev.gnomon.cli.event.EventTrace;
import dev.gnomon.cli.usage.ExitStatus;
import dev.gnomon.cli.usage.Failure;
import dev.gnomon.cli.usage.Interruption;
import dev.gnomon.cli.usage.OutputFile;
import dev.gnomon.cli.usage.RuleTexts;
import dev.gnomon.cli.usage.TerminalLine;
import dev.gnomon.machine.InputException;
import dev.gnomon.machine.trace.TraceSource;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gnomon run}: plays traces in a guest, and tells what came of it. */
@Command(
    name = "run",
    sortOptions = false,
    usageHelpWidth = 100,
    customSynopsis = "gnomon run [TRACE...] [options]",
    description = {
      "",
      "Plays recorded traces in a guest, each in a process of its own, on vCPUs whose memory the"
          + " MMU maps on demand; and tells what that took.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  gnomon run                                        the sample on one vCPU",
      "  gnomon run ls.lackey.zst cc.lackey.gz --vcpus 4 --verify",
      "  valgrind --tool=lackey --trace-mem=yes ls 2>&1 | gnomon run -",
      "  gnomon run --reclaim 50 --verify                  half of the memory in a swap file",
      "  gnomon run --migrate --bandwidth 200m --vcpus 2   live migration",
      "  gnomon run --migrate-to host2:7000 --verify       to a 'gnomon receive host2:7000"
          + " --resume'",
      "  gnomon run --rule 'tdp-write=?'                   what kernels did about a question",
      "",
      "A size is in bytes, or has one of the letters k, m, g, t (512m, 4g).",
      "Ctrl-C ends a run early; what there is until then is told.",
      "",
      "Exit status: 0 fine; 1 something that must hold was violated, or memory differed;",
      "2 wrong usage or input; 130 interrupted."
    })
public final class RunCommand implements Callable<Integer> {
  private static final String STANDARD_STREAM = "-";

  @Mixin private RunOptions options = new RunOptions();

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this help.")
  private boolean isHelp;

  @Spec private @Nullable CommandSpec spec;

  /** Made by picocli. */
  public RunCommand() {}

  @Override
  public Integer call() {
    if (options.play.rules.isQuestion()) {
      RuleTexts.answer(options.play.rules.texts, out());
      return ExitStatus.OK;
    }
    RunPlan plan = RunPlan.of(options);
    options.output.trace.check(STANDARD_STREAM.equals(options.output.json));
    OutputFile json = jsonFile();
    List<TraceSource> sources = new ArrayList<>();
    try (Interruption interruption = new Interruption()) {
      interruption.install();
      openTraces(plan, sources);
      return run(plan, sources, json, interruption);
    } catch (OutOfMemoryError e) {
      return Failure.of(e).explain(err());
    } finally {
      sources.forEach(TraceSource::close);
    }
  }

  private @Nullable OutputFile jsonFile() {
    String name = options.output.json;
    return name == null || name.equals(STANDARD_STREAM) ? null : new OutputFile("--json", name);
  }

  private void openTraces(RunPlan plan, List<TraceSource> sources) {
    if (options.traces.stream().filter(STANDARD_STREAM::equals).count() > 1) {
      throw new InputException("standard input ('-') can be played only once");
    }
    if (options.traces.isEmpty()) {
      sources.add(repeated(plan, TraceSource.sample()));
    }
    for (String name : options.traces) {
      sources.add(repeated(plan, TraceSource.of(name, System.in)));
    }
  }

  private static TraceSource repeated(RunPlan plan, TraceSource source) {
    return plan.repeat() == 1 ? source : source.repeat(plan.repeat());
  }

  private int run(
      RunPlan plan,
      List<TraceSource> sources,
      @Nullable OutputFile json,
      Interruption interruption) {
    Progress progress = new Progress(err(), !options.output.isQuiet && TerminalLine.isPossible());
    RunResult result;
    try (EventTrace trace = options.output.trace.open(out())) {
      result = new GuestRun(plan, sources, progress, interruption, trace).run();
    } catch (RuntimeException e) {
      progress.clear();
      Failure failure = Failure.of(e);
      if (failure.status() == ExitStatus.VIOLATED) {
        failure = failure.about("seed " + plan.guest().seed());
      }
      return failure.explain(err());
    }
    report(result, json);
    return status(result);
  }

  private void report(RunResult result, @Nullable OutputFile json) {
    boolean isJsonOnOutput = STANDARD_STREAM.equals(options.output.json);
    if (!options.output.isQuiet) {
      boolean isOutputTaken = isJsonOnOutput || options.output.trace.isOnOutput();
      TextReport.print(result, isOutputTaken ? err() : out());
    }
    if (json != null) {
      json.write(JsonReport.text(result));
    } else if (isJsonOnOutput) {
      out().print(JsonReport.text(result));
      out().flush();
    }
  }

  private int status(RunResult result) {
    List<String> wrong = result.wrong();
    for (String line : wrong) {
      err().println("gnomon: " + line + " (seed " + result.plan().guest().seed() + ")");
    }
    err().flush();
    if (!wrong.isEmpty()) {
      return ExitStatus.VIOLATED;
    }
    if (result.wasInterrupted()) {
      return ExitStatus.INTERRUPTED;
    }
    String failure = result.migrationFailure();
    if (failure != null) {
      throw new InputException("the migration failed, the guest stayed: " + failure);
    }
    if (result.hasReclaimedNothing()) {
      throw new InputException(
          "--reclaim %d: nothing was evicted: the %d touched pages never were more than may stay"
              .formatted(result.plan().reclaimPercent(), result.reclaim().touched()));
    }
    return ExitStatus.OK;
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
