package dev.gnomon.cli.fuzz;

import dev.gnomon.cli.usage.ExitStatus;
import dev.gnomon.cli.usage.Interruption;
import dev.gnomon.cli.usage.Nearest;
import dev.gnomon.cli.usage.TerminalLine;
import dev.gnomon.machine.InputException;
import dev.gnomon.machine.fuzz.FuzzConfig;
import dev.gnomon.machine.fuzz.Fuzzer;
import dev.gnomon.machine.fuzz.Script;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gnomon fuzz}: random guests under every MMU, beside the walk that the manual defines. */
@Command(
    name = "fuzz",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Runs random guests under every configuration of the MMU.",
      "Page tables, registers, accesses and what the host does are random and hostile. What a guest"
          + " sees must be what the architectural walk of its own tables gives, or what a TLB that"
          + " it has not flushed may still hold. No access may reach a frame outside its slots, no"
          + " write may be missing in the dirty log, and the MMU's invariants must hold.",
      "A guest that sees something else is cut down to the operations that matter, and written to a"
          + " file that --replay runs."
    },
    footer = {
      "",
      "A script is text: 'config NAME', 'processor BITS giant|no-giant pse36|no-pse36', then an"
          + " operation a line with up to three hexadecimal numbers; # begins a comment. The"
          + " operations are in docs/fuzzing.md.",
      "",
      "Examples:",
      "  gnomon fuzz --seconds 60",
      "  gnomon fuzz --operations 200000000",
      "  gnomon fuzz --seed 42 --config shadow --config shadow-32",
      "  gnomon fuzz --replay fuzz-shadow-42.txt",
      "",
      "Exit status: 0 no divergence, 1 a divergence, 2 wrong usage."
    })
public final class FuzzCommand implements Callable<Integer> {
  private static final long SECOND = 1_000_000_000L;
  private static final long PROGRESS_MILLIS = 200;
  private static final double DEFAULT_SECONDS = 10;
  private static final long SHRINKING_NANOS = 20 * SECOND;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      description = "How long (default 10, without limit if --operations is given).")
  private @Nullable Double seconds;

  @Option(
      names = "--operations",
      paramLabel = "N",
      description = "How many operations, under all configurations together.")
  private @Nullable Long operations;

  @Option(
      names = "--jobs",
      paramLabel = "N",
      description = "Threads (default: one for each processor). The guests are the same.")
  private @Nullable Integer jobs;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description =
          "The seed of the first guest; the others follow it. Random if not given, and printed.")
  private @Nullable Long firstSeed;

  @Option(
      names = "--config",
      paramLabel = "NAME",
      split = ",",
      arity = "1..*",
      description = "Only these configurations; '?' lists them.")
  private List<String> names = new ArrayList<>();

  @Option(names = "--replay", paramLabel = "FILE", description = "Runs a script again.")
  private @Nullable Path replayed;

  @Option(
      names = "--output",
      paramLabel = "DIRECTORY",
      defaultValue = ".",
      description = "Where the script of a divergence is written (default: here).")
  private Path output = Path.of(".");

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    if (names.contains("?")) {
      out.println(String.join(" ", known()));
      out.flush();
      return ExitStatus.OK;
    }
    requirePositive("--seconds", seconds);
    requirePositive("--operations", operations);
    requirePositive("--jobs", jobs);
    Path file = replayed;
    return file == null ? fuzz(out) : replay(file, out);
  }

  private static List<String> known() {
    return FuzzConfig.all().stream().map(FuzzConfig::name).toList();
  }

  private int replay(Path file, PrintWriter out) {
    Script script;
    try {
      script = Script.parse(file.toString(), Files.readAllLines(file));
    } catch (IOException e) {
      throw new InputException(file + ": cannot be read", e);
    }
    String what = Fuzzer.replay(script);
    out.printf(
        "%d operations under %s: %s%n",
        script.size(), script.config().name(), what == null ? "no divergence" : what);
    out.flush();
    return what == null ? ExitStatus.OK : ExitStatus.VIOLATED;
  }

  private int fuzz(PrintWriter out) {
    long seed = firstSeed == null ? new SecureRandom().nextInt(1_000_000_000) : firstSeed;
    List<FuzzConfig> configs = chosen();
    TerminalLine progress =
        new TerminalLine(spec.commandLine().getErr(), TerminalLine.isPossible());
    out.printf(
        "seed %d; %s%n", seed, String.join(", ", configs.stream().map(FuzzConfig::name).toList()));
    out.flush();
    FuzzJobs running =
        new FuzzJobs(configs, seed, operations == null ? Long.MAX_VALUE : operations);
    try (Interruption interruption = new Interruption()) {
      interruption.install();
      interruption.onRequest(running::stop);
      return fuzz(running, configs, interruption, out, progress);
    }
  }

  private int fuzz(
      FuzzJobs running,
      List<FuzzConfig> configs,
      Interruption interruption,
      PrintWriter out,
      TerminalLine progress) {
    long start = System.nanoTime();
    await(running, start, progress);
    progress.clear();
    Fuzzer.Finding finding = running.finding();
    out.println(totals(running, start));
    for (int i = 0; i < configs.size(); i++) {
      out.printf("  %-16s %,15d operations%n", configs.get(i).name(), running.operations(i));
    }
    if (finding == null) {
      out.println("no divergence");
    } else {
      tell(finding, out, progress);
    }
    out.flush();
    if (finding != null) {
      return ExitStatus.VIOLATED;
    }
    return interruption.isRequested() ? ExitStatus.INTERRUPTED : ExitStatus.OK;
  }

  private void await(FuzzJobs running, long start, TerminalLine progress) {
    double limit =
        seconds != null ? seconds : operations == null ? DEFAULT_SECONDS : Double.POSITIVE_INFINITY;
    running.start(jobs == null ? Runtime.getRuntime().availableProcessors() : jobs);
    try {
      while (!running.hasEnded(PROGRESS_MILLIS)) {
        if (System.nanoTime() - start > limit * SECOND) {
          running.stop();
        }
        progress.show(totals(running, start));
      }
    } catch (InterruptedException e) {
      running.stop();
      Thread.currentThread().interrupt();
    }
  }

  private static String totals(FuzzJobs running, long start) {
    double passed = Math.max(1, System.nanoTime() - start) / (double) SECOND;
    return String.format(
        Locale.ROOT,
        "%,d guests, %,d operations, %,.0f operations/s",
        running.guests(),
        running.operations(),
        running.operations() / passed);
  }

  private static void requirePositive(String name, @Nullable Number value) {
    if (value != null && !(value.doubleValue() > 0)) {
      throw new InputException(name + " must be positive");
    }
  }

  private void tell(Fuzzer.Finding found, PrintWriter out, TerminalLine progress) {
    String name = found.script().config().name();
    out.printf("DIVERGENCE under %s, guest of seed %d: %s%n", name, found.seed(), found.what());
    out.flush();
    progress.show("shrinking");
    long deadline = System.nanoTime() + SHRINKING_NANOS;
    Fuzzer.Finding least = Fuzzer.shrink(found, () -> System.nanoTime() - deadline >= 0);
    progress.clear();
    List<String> lines = new ArrayList<>();
    lines.add("# seed " + found.seed() + ": " + least.what());
    lines.addAll(least.script().lines());
    Path file = output.resolve("fuzz-%s-%d.txt".formatted(name, found.seed()));
    try {
      Files.write(file, lines);
    } catch (IOException e) {
      throw new InputException(file + ": cannot be written", e);
    }
    out.printf("%d operations are left: %s%n", least.script().size(), least.what());
    out.printf("again: gnomon fuzz --replay %s%n", file);
  }

  private List<FuzzConfig> chosen() {
    List<FuzzConfig> configs = new ArrayList<>();
    for (String name : names) {
      configs.add(
          FuzzConfig.find(name)
              .orElseThrow(
                  () ->
                      new InputException(
                          "no configuration '%s'; the nearest known is '%s'"
                              .formatted(name, Nearest.to(name, known())))));
    }
    return configs.isEmpty() ? FuzzConfig.all() : configs;
  }
}
