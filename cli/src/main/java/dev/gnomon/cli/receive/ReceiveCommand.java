package dev.gnomon.cli.receive;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gnomon.cli.usage.ExitStatus;
import dev.gnomon.cli.usage.JsonText;
import dev.gnomon.cli.usage.OutputFile;
import dev.gnomon.cli.usage.RuleTexts;
import dev.gnomon.cli.usage.UserRules;
import dev.gnomon.machine.guest.Guest;
import dev.gnomon.machine.guest.Mismatch;
import dev.gnomon.machine.migration.GuestSummary;
import dev.gnomon.machine.migration.HostPort;
import dev.gnomon.machine.migration.MigrationListener;
import dev.gnomon.machine.migration.MigrationReceiver;
import dev.gnomon.machine.migration.ReceiveOptions;
import dev.gnomon.machine.migration.ReceiveResult;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gnomon receive}: one guest, from one source. */
@Command(
    name = "receive",
    sortOptions = false,
    usageHelpWidth = 100,
    customSynopsis = "gnomon receive HOST:PORT [options]",
    description = {
      "",
      "Waits for the guest of a 'gnomon run --migrate-to HOST:PORT', takes its memory page by page,"
          + " and compares all of it with the source's when it has stopped there.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  gnomon receive localhost:7000             checks the memory; the guest goes on at the"
          + " source",
      "  gnomon receive 0.0.0.0:7000 --resume      the guest goes on here",
      "",
      "Port 0 is one that the system chooses; it is printed.",
      "",
      "Exit status: 0 fine; 1 memory differed; 2 wrong usage, or the source went away."
    })
public final class ReceiveCommand implements Callable<Integer> {
  private static final String STANDARD_STREAM = "-";

  @Parameters(
      paramLabel = "HOST:PORT",
      description = "Where to listen: an address of this machine; IPv6 as [::1]:7000.")
  private String at = "";

  @Option(names = "--resume", description = "Let the guest go on here, if its memory is all alike.")
  private boolean resumes;

  @Option(
      names = "--rule",
      paramLabel = "NAME=VALUE",
      description = "Decide a disputed question another way from there on, as in 'gnomon run'.")
  private List<String> rules = new ArrayList<>();

  @Option(
      names = "--classpath",
      paramLabel = "PATHS",
      description = "Jars and directories with rules of your own: --rule NAME=CLASS.")
  private @Nullable String classpath;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Write the report as JSON; '-' is standard output.")
  private @Nullable String json;

  @Option(names = "--quiet", description = "No summary; only what is wrong.")
  private boolean isQuiet;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this help.")
  private boolean isHelp;

  @Spec private @Nullable CommandSpec spec;

  /** Made by picocli. */
  public ReceiveCommand() {}

  @Override
  public Integer call() {
    if (rules.stream().anyMatch(RuleTexts::isQuestion)) {
      RuleTexts.answer(rules, line().getOut());
      return ExitStatus.OK;
    }
    OutputFile file =
        json == null || json.equals(STANDARD_STREAM) ? null : new OutputFile("--json", json);
    ReceiveOptions options =
        new ReceiveOptions(
            resumes,
            RuleTexts.parse(rules, UserRules.on(classpath)),
            Path.of(System.getProperty("java.io.tmpdir")),
            ReceiveOptions.DEFAULT_TIMEOUT);
    ReceiveResult result;
    try (MigrationReceiver receiver = MigrationReceiver.listen(HostPort.parse(at))) {
      if (!isQuiet) {
        line().getErr().println("gnomon: listening on " + receiver.address());
        line().getErr().flush();
      }
      result = receiver.receive(options, MigrationListener.SILENT);
    }
    report(result, file);
    return status(result);
  }

  private void report(ReceiveResult result, @Nullable OutputFile file) {
    boolean isJsonOnOutput = STANDARD_STREAM.equals(json);
    if (!isQuiet) {
      print(result, isJsonOnOutput ? line().getErr() : line().getOut());
    }
    if (file != null) {
      file.write(JsonText.of(tree(result)));
    } else if (isJsonOnOutput) {
      line().getOut().print(JsonText.of(tree(result)));
      line().getOut().flush();
    }
  }

  private static void print(ReceiveResult result, PrintWriter out) {
    out.printf(
        Locale.ROOT,
        "received     %,d pages from %s; %,d compared, %,d differ%n",
        result.pages(),
        result.source(),
        result.comparison().pages(),
        result.comparison().differingPages());
    GuestSummary summary = result.summary();
    if (summary == null) {
      out.println("guest        did not go on here");
    } else {
      out.printf(
          Locale.ROOT,
          "guest        finished here: %,d accesses in all; %,d loads checked, %,d mismatches%n",
          summary.accessesPerVcpu().stream().mapToLong(Long::longValue).sum(),
          summary.verified().loadsChecked(),
          summary.verified().mismatches());
    }
    out.flush();
  }

  private static ObjectNode tree(ReceiveResult result) {
    GuestSummary summary = result.summary();
    ObjectNode root = JsonText.object();
    root.put("source", result.source());
    root.put("memory", result.description().vm().memoryBytes());
    root.put("vcpus", result.description().vm().mmu().vcpus());
    root.put("pages", result.pages());
    root.put("compared_pages", result.comparison().pages());
    root.put("differing_pages", result.comparison().differingPages());
    root.put("first_differing_gpa", result.firstDifferingGpa());
    root.put("finished_here", summary != null);
    JsonText.put(
        root, "accesses_per_vcpu", summary == null ? List.of() : summary.accessesPerVcpu());
    root.set("verify", JsonText.verify(summary == null ? null : summary.verified()));
    return root;
  }

  private int status(ReceiveResult result) {
    int status = ExitStatus.OK;
    PrintWriter err = line().getErr();
    if (!result.comparison().isIdentical()) {
      err.printf(
          "gnomon: %d pages differ; the first page lost: gpa %#x%n",
          result.comparison().differingPages(), result.firstDifferingGpa());
      status = ExitStatus.VIOLATED;
    }
    GuestSummary summary = result.summary();
    Guest.VerifyResult verified = summary == null ? null : summary.verified();
    Mismatch first = verified == null ? null : verified.first();
    if (first != null) {
      err.println("gnomon: the first page lost: " + first.describe());
      status = ExitStatus.VIOLATED;
    }
    err.flush();
    return status;
  }

  private CommandLine line() {
    CommandSpec known = spec;
    if (known == null) {
      throw new IllegalStateException("picocli has not made this command");
    }
    return known.commandLine();
  }
}
