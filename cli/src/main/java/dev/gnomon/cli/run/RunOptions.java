package dev.gnomon.cli.run;

import dev.gnomon.cli.usage.ByteSize;
import dev.gnomon.cli.usage.Choice;
import dev.gnomon.mmu.config.TdpKind;
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

  @ArgGroup(validate = false, order = 3, heading = "%nDirty logging and migration:%n")
  Log log = new Log();

  @ArgGroup(validate = false, order = 4, heading = "%nThe run:%n")
  Play play = new Play();

  @ArgGroup(validate = false, order = 5, heading = "%nOutput:%n")
  Output output = new Output();

  /** The processor. */
  static final class Machine {
    @Option(
        names = "--vcpus",
        paramLabel = "N",
        description = "vCPUs, each on a thread of its own (default: 1).")
    int vcpus = 1;

    @Option(
        names = "--mmu",
        paramLabel = "tdp",
        converter = Choices.WhichMmu.class,
        description =
            "Which MMU: tdp, two-dimensional paging (default; the shadow MMU is to come).")
    String mmu = "tdp";

    @Option(
        names = "--cpu",
        paramLabel = "intel|amd",
        converter = Choices.Processor.class,
        description = "Whose processor: intel has EPT, amd has NPT (default: intel).")
    TdpKind cpu = TdpKind.EPT;

    @Option(
        names = "--ad",
        paramLabel = "on|off",
        converter = Choice.OnOff.class,
        description = "EPT's accessed and dirty bits (default: on).")
    Choice.Feature accessedDirty = Choice.Feature.ON;

    @Option(
        names = "--levels",
        paramLabel = "4|5",
        converter = Choices.Levels.class,
        description = "Levels of page tables, the guest's and the MMU's (default: 4).")
    int levels = 4;
  }

  /** Memory, and how much of it stays. */
  static final class Memory {
    @Option(
        names = "--memory",
        paramLabel = "SIZE",
        converter = ByteSize.class,
        description = "Guest memory: 512m, 4g, 1t (default: 1g). Costs nothing until touched.")
    long bytes = 1L << 30;

    @Option(
        names = "--host-pages",
        paramLabel = "4k|2m|1g",
        converter = Choices.HostPages.class,
        description =
            "The largest page that backs guest memory, and that the MMU maps (default: 4k).")
    int hostLevel = 1;

    @Option(
        names = "--guest-pages",
        paramLabel = "4k|2m",
        converter = Choices.GuestPages.class,
        description = "The largest page that the guest maps for its processes (default: 4k).")
    int guestLevel = 1;

    @Option(
        names = "--reclaim",
        paramLabel = "PERCENT",
        description =
            "Keep no more than so many percent of the touched pages in memory; the others go to a"
                + " swap file, and come back when they are touched.")
    @Nullable Integer reclaimPercent;
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

    @Option(
        names = "--rule",
        paramLabel = "NAME=VALUE",
        description =
            "Decide a disputed question another way; may be repeated. '?' lists the questions,"
                + " 'NAME=?' the answers with their history.")
    List<String> rules = new ArrayList<>();

    @Option(
        names = "--classpath",
        paramLabel = "PATHS",
        description =
            "Jars and directories with answers of your own: --rule NAME=CLASS, see docs/rules.md.")
    @Nullable String classpath;
  }

  /** What is told. */
  static final class Output {
    @Option(
        names = "--json",
        paramLabel = "FILE",
        description = "Write the report as JSON; '-' is standard output.")
    @Nullable String json;

    @Option(names = "--quiet", description = "No progress, no summary; only what is wrong.")
    boolean isQuiet;
  }
}
