package dev.gnomon.cli.instructions;

import dev.gnomon.cli.usage.ExitStatus;
import dev.gnomon.cli.usage.Nearest;
import dev.gnomon.cli.usage.TerminalLine;
import dev.gnomon.machine.InputException;
import dev.gnomon.machine.x86.decode.Mnemonic;
import dev.gnomon.machine.x86.nativeoracle.Difference;
import dev.gnomon.machine.x86.nativeoracle.NativeOracle;
import dev.gnomon.machine.x86.nativeoracle.Tally;
import java.io.PrintWriter;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gnomon instructions}: our engine against the machine's own processor. */
@Command(
    name = "instructions",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Compares the instruction engine with this machine's own processor.",
      "Small random programs run on both from the same state: general registers, flags, XMM"
          + " registers and memory must end alike. Flags that the manuals leave undefined are not"
          + " compared. Only instructions of user programs that this processor has, in 64-bit and"
          + " 32-bit code."
    },
    footer = {
      "",
      "Examples:",
      "  gnomon instructions                          a million programs",
      "  gnomon instructions --only SHLD,SHRD --cases 100000",
      "  gnomon instructions --seed 42 --cases 1      one program again",
      "",
      "Exit status: 0 no difference, 1 a difference, 2 wrong usage or no x86-64 under Linux."
    })
public final class InstructionsCommand implements Callable<Integer> {
  private static final int COLUMNS = 6;
  private static final long PROGRESS_NANOS = 200_000_000L;
  private static final int CASES_BETWEEN_LOOKS = 256;

  @Option(
      names = "--cases",
      paramLabel = "N",
      defaultValue = "1000000",
      description = "How many programs (default ${DEFAULT-VALUE}).")
  private long cases;

  @Option(
      names = "--seed",
      paramLabel = "S",
      description =
          "The seed of the first program; the others follow it. Random if not given, and printed.")
  private @Nullable Long firstSeed;

  @Option(
      names = "--only",
      paramLabel = "MNEMONIC",
      split = ",",
      description = "Only these instructions; '?' lists them. May be repeated.")
  private List<String> only = List.of();

  @Option(
      names = "--keep-going",
      description = "Go on after the first difference, and count them by mnemonic.")
  private boolean keepsGoing;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    if (only.contains("?")) {
      Set<Mnemonic> all = EnumSet.allOf(Mnemonic.class);
      all.removeAll(NativeOracle.untried());
      out.println(all.stream().map(Mnemonic::name).collect(Collectors.joining(" ")));
      out.flush();
      return ExitStatus.OK;
    }
    if (cases < 1) {
      throw new InputException("--cases must be positive");
    }
    long seed = firstSeed == null ? new SecureRandom().nextInt(1_000_000_000) : firstSeed;
    Set<Mnemonic> chosen = mnemonics();
    TerminalLine progress =
        new TerminalLine(spec.commandLine().getErr(), TerminalLine.isPossible());
    try (NativeOracle oracle = new NativeOracle(chosen)) {
      out.printf(
          "seed %d; %s%n", seed, oracle.has32BitCode() ? "64- and 32-bit code" : "64-bit code");
      if (!oracle.lacking().isEmpty()) {
        out.printf("skipped, as this machine lacks them: %s%n", oracle.lacking());
      }
      out.flush();
      return compare(oracle, seed, out, progress);
    } catch (IllegalArgumentException e) {
      throw new InputException(String.valueOf(e.getMessage()));
    } finally {
      progress.clear();
    }
  }

  private int compare(NativeOracle oracle, long seed, PrintWriter out, TerminalLine progress) {
    long start = System.nanoTime();
    long shown = start;
    boolean differs = false;
    for (long i = 0; i < cases && (keepsGoing || !differs); i++) {
      Difference difference = oracle.run(seed + i);
      if (difference != null && !differs) {
        differs = true;
        progress.clear();
        out.print(difference.describe());
        out.printf(
            "  again: gnomon instructions --cases 1 --seed %d%s%n",
            difference.seed(), only.isEmpty() ? "" : " --only " + String.join(",", only));
        out.flush();
      }
      if (i % CASES_BETWEEN_LOOKS == 0 && System.nanoTime() - shown > PROGRESS_NANOS) {
        shown = System.nanoTime();
        progress.show(
            String.format(Locale.ROOT, "%,d of %,d programs, %,.0f/s", i, cases, rate(i, start)));
      }
    }
    progress.clear();
    report(oracle.tally(), start, out);
    return differs ? ExitStatus.VIOLATED : ExitStatus.OK;
  }

  private static double rate(long count, long start) {
    return count * 1e9 / Math.max(1, System.nanoTime() - start);
  }

  private static void report(Tally tally, long start, PrintWriter out) {
    Map<String, Long> counts = new TreeMap<>();
    tally.runs().forEach((mnemonic, count) -> counts.put(mnemonic.name(), count));
    int column = 0;
    for (Map.Entry<String, Long> entry : counts.entrySet()) {
      column++;
      out.printf(
          Locale.ROOT,
          "%-11s%,9d%s",
          entry.getKey(),
          entry.getValue(),
          column % COLUMNS == 0 || column == counts.size() ? System.lineSeparator() : "  ");
    }
    long instructions = counts.values().stream().mapToLong(Long::longValue).sum();
    out.printf(
        Locale.ROOT,
        "%,d programs, %,d instructions of %d mnemonics, %,.0f programs/s%n",
        tally.cases(),
        instructions,
        counts.size(),
        rate(tally.cases(), start));
    long differing = tally.differences().values().stream().mapToLong(Long::longValue).sum();
    if (differing > 0) {
      out.printf(Locale.ROOT, "%,d differed, by their last instruction: ", differing);
      out.println(new TreeMap<>(tally.differences()));
    } else {
      out.println("no difference");
    }
    out.flush();
  }

  private Set<Mnemonic> mnemonics() {
    Set<Mnemonic> chosen = EnumSet.noneOf(Mnemonic.class);
    List<String> known = Arrays.stream(Mnemonic.values()).map(Mnemonic::name).toList();
    for (String word : only) {
      String name = word.trim().toUpperCase(Locale.ROOT);
      if (!known.contains(name)) {
        throw new InputException(
            "no instruction '%s'; the nearest known is '%s'"
                .formatted(word, Nearest.to(name, known)));
      }
      chosen.add(Mnemonic.valueOf(name));
    }
    return chosen;
  }
}
