package dev.gnomon.bench;

import dev.gnomon.machine.InputException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Measures what is required of Gnomon's speed and prints it as a table. Exit status: 0 all
 * requirements are met, 1 one is missed, 2 wrong usage.
 */
@Command(
    name = "gnomon bench",
    sortOptions = false,
    description = "Measures Gnomon's speed, each number against what is required of it.",
    footerHeading = "%nMeasurements:%n",
    footer = {
      "",
      "A second figure after a slash is the goal beyond what is required.",
      "A busy machine spoils the numbers, above all those of two vCPUs.",
      "",
      "Exit status: 0 all requirements met, 1 one missed, 2 wrong usage."
    })
final class Bench implements Callable<Integer> {
  private static final int OK = 0;
  private static final int MISSED = 1;
  private static final int USAGE = 2;

  @Parameters(
      paramLabel = "NAME",
      description = "What to measure; without it, all that has a requirement.")
  private List<String> names = new ArrayList<>();

  @Option(names = "--quick", description = "One round of each in place of several: a minute.")
  private boolean isQuick;

  @Option(names = "--json", paramLabel = "FILE", description = "Write the results to a file too.")
  private @Nullable Path json;

  @Option(names = "--help", usageHelp = true, description = "Print this, and exit.")
  private boolean isHelp;

  private Bench() {}

  public static void main(String[] args) {
    CommandLine line = new CommandLine(new Bench());
    listMeasurements(line);
    line.setExecutionExceptionHandler(Bench::explain);
    System.exit(line.execute(args));
  }

  private static void listMeasurements(CommandLine line) {
    List<String> footer = new ArrayList<>();
    for (Measurements.Named each : Measurements.ALL) {
      String mark = each.isRequired() ? "" : " (only by name)";
      footer.add(String.format(Locale.ROOT, "  %-9s %s%s", each.name(), each.subject(), mark));
    }
    footer.addAll(List.of(line.getCommandSpec().usageMessage().footer()));
    line.getCommandSpec().usageMessage().footer(footer.toArray(String[]::new));
  }

  private static int explain(Exception e, CommandLine line, CommandLine.ParseResult result)
      throws Exception {
    if (e instanceof InputException || e instanceof FailedMeasurementException) {
      System.err.println("gnomon bench: " + e.getMessage());
      return e instanceof InputException ? USAGE : MISSED;
    }
    throw e;
  }

  @Override
  public Integer call() {
    List<Measurements.Named> chosen = choose();
    checkPlaceOfJson();
    HostDescription host = HostDescription.now();
    Effort effort = isQuick ? Effort.QUICK : Effort.FULL;
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    out.println(host.text());
    List<Finding> findings = new ArrayList<>();
    for (Measurements.Named each : chosen) {
      System.err.println("gnomon bench: measuring " + each.name() + ": " + each.subject());
      findings.addAll(each.measure(effort));
    }
    out.print(new Report(host, effort, findings).text());
    if (json != null) {
      new Report(host, effort, findings).write(json);
    }
    return findings.stream().anyMatch(Finding::isMissed) ? MISSED : OK;
  }

  /** Now, and not after minutes. */
  private void checkPlaceOfJson() {
    if (json != null) {
      Path directory = json.toAbsolutePath().getParent();
      if (directory == null || !Files.isWritable(directory) || Files.isDirectory(json)) {
        throw new InputException("--json " + json + ": no file can be written there");
      }
    }
  }

  private List<Measurements.Named> choose() {
    for (String name : names) {
      if (Measurements.ALL.stream().noneMatch(each -> each.name().equals(name))) {
        String known =
            String.join(", ", Measurements.ALL.stream().map(Measurements.Named::name).toList());
        throw new InputException("there is no measurement '" + name + "'; there are " + known);
      }
    }
    return Measurements.ALL.stream()
        .filter(each -> names.isEmpty() ? each.isRequired() : names.contains(each.name()))
        .toList();
  }
}
