package dev.gnomon.cli.run;

import dev.gnomon.cli.event.TraceOptions;
import dev.gnomon.cli.usage.ByteSize;
import dev.gnomon.cli.vm.Choices;
import dev.gnomon.cli.vm.DirtyLogChoice;
import dev.gnomon.cli.vm.MemoryOptions;
import dev.gnomon.cli.vm.ProcessorOptions;
import dev.gnomon.cli.vm.RuleOptions;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The options of {@code run} as they were given; {@link RunPlan} makes sense of them. */
final class RunOptions {
  @Parameters(
      arity = "0..*",
      paramLabel = "TRACE",
      description = {
        "Recorded traces, as valgrind --tool=lackey --trace-mem=yes writes them; plain, gzip or"
            + " zstd; '-' is standard input. None: the sample that comes with the program."
      })
  List<String> traces = new ArrayList<>();

  @ArgGroup(validate = false, order = 1, heading = "%nMachine:%n")
  Machine machine = new Machine();

  @ArgGroup(validate = false, order = 2, heading = "%nMemory:%n")
  Memory memory = new Memory();

  @ArgGroup(validate = false, order = 3, heading = "%nThe guest's operating system:%n")
  GuestOptions guest = new GuestOptions();

  @ArgGroup(validate = false, order = 4, heading = "%nDirty logging and migration:%n")
  Log log = new Log();

  @ArgGroup(validate = false, order = 5, heading = "%nThe run:%n")
  Play play = new Play();

  @ArgGroup(validate = false, order = 6, heading = "%nOutput:%n")
  Output output = new Output();

  /** The processor. */
  static final class Machine {
    @Option(
        names = "--vcpus",
        paramLabel = "N",
        description = "vCPUs, each on a thread of its own (default: 1).")
    int vcpus = 1;

    @ArgGroup(validate = false)
    ProcessorOptions processor = new ProcessorOptions();
  }

  /** Memory, and how much of it stays. */
  static final class Memory {
    @ArgGroup(validate = false)
    MemoryOptions backed = new MemoryOptions();
  }

  /** Watching the guest write. */
  static final class Log {
    @Option(
        names = "--dirty-log",
        paramLabel = "off|bitmap|ring|pml",
        converter = Choices.DirtyLog.class,
        description =
            "How writes are noticed: bitmap and ring by write protection, pml by cleared D bits"
                + " (where there are none: by write protection). Default: off; with a migration"
                + " bitmap.")
    @Nullable DirtyLogChoice kind;

    @Option(
        names = "--migrate",
        description = "Migrate the guest to a second machine in this process while it runs.")
    boolean migrates;

    @Option(
        names = "--migrate-to",
        paramLabel = "HOST:PORT",
        description =
            "Migrate the guest to the 'gnomon receive' that listens there; with its --resume the"
                + " guest goes on there.")
    @Nullable String migratesTo;

    @Option(
        names = "--bandwidth",
        paramLabel = "RATE",
        converter = ByteSize.class,
        description = "Bytes a second that a migration may send: 200m (default: no limit).")
    @Nullable Long bandwidth;
  }

  /** How the traces are played. */
  static final class Play {
    @Option(
        names = "--repeat",
        paramLabel = "N",
        description = "Play each trace N times (default: 1).")
    long repeat = 1;

    @Option(
        names = "--seed",
        paramLabel = "N",
        description = "What every random choice is made from (default: a random one, printed).")
    @Nullable Long seed;

    @Option(
        names = "--verify",
        description = "Check every load, and at the end every page that was touched.")
    boolean verifies;

    @ArgGroup(validate = false)
    RuleOptions rules = new RuleOptions();
  }

  /** What is told. */
  static final class Output {
    @Option(
        names = "--json",
        paramLabel = "FILE",
        description = "Write the report as JSON; '-' is standard output.")
    @Nullable String json;

    @ArgGroup(validate = false)
    TraceOptions trace = new TraceOptions();

    @Option(names = "--quiet", description = "No progress, no summary; only what is wrong.")
    boolean isQuiet;
  }
}
