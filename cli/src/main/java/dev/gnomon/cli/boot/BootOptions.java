package dev.gnomon.cli.boot;

import dev.gnomon.cli.event.TraceOptions;
import dev.gnomon.cli.usage.Choice;
import dev.gnomon.cli.vm.Choices;
import dev.gnomon.cli.vm.DirtyLogChoice;
import dev.gnomon.cli.vm.MemoryOptions;
import dev.gnomon.cli.vm.ProcessorOptions;
import dev.gnomon.cli.vm.RuleOptions;
import dev.gnomon.machine.image.StartMode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** The options of {@code boot} as they were given; {@link BootPlan} makes sense of them. */
final class BootOptions {
  @Parameters(
      paramLabel = "IMAGE",
      description = "A multiboot 1 image, an ELF file, or, with --load, a flat binary.")
  String image = "";

  @ArgGroup(validate = false, order = 1, heading = "%nImage:%n")
  Image placed = new Image();

  @ArgGroup(validate = false, order = 2, heading = "%nMachine:%n")
  Machine machine = new Machine();

  @ArgGroup(validate = false, order = 3, heading = "%nMemory:%n")
  Memory memory = new Memory();

  @ArgGroup(validate = false, order = 4, heading = "%nThe run:%n")
  Run run = new Run();

  @ArgGroup(validate = false, order = 5, heading = "%nOutput:%n")
  Output output = new Output();

  /** What is placed in memory. */
  static final class Image {
    @Option(
        names = "--append",
        paramLabel = "ARGS",
        description = "The image's command line; its name is put before it.")
    String append = "";

    @Option(
        names = "--module",
        paramLabel = "'FILE ARGS'",
        description = "A multiboot module, and what the image is told about it; may be repeated.")
    List<String> modules = new ArrayList<>();

    @Option(
        names = "--load",
        paramLabel = "ADDRESS",
        converter = Address.class,
        description = "Take IMAGE as a flat binary that goes there (0x7c00).")
    @Nullable Long load;

    @Option(
        names = "--entry",
        paramLabel = "ADDRESS",
        converter = Address.class,
        description = "Where a flat binary starts (default: at its first byte).")
    @Nullable Long entry;

    @Option(
        names = "--mode",
        paramLabel = "real|flat32",
        converter = Mode.class,
        description =
            "How a flat binary starts: real, in real mode; flat32, in protected mode with flat"
                + " segments, no paging (default: real below 1 MiB, else flat32).")
    @Nullable StartMode mode;
  }

  /** The processors. */
  static final class Machine {
    @Option(
        names = "--cpus",
        paramLabel = "N",
        description = "vCPUs, each on a thread of its own (default: 1).")
    int cpus = 1;

    @Option(
        names = "--cpuid",
        paramLabel = "LIST",
        description =
            "What CPUID reports, as changes: -pku,-la57,phys-bits=36. A feature that is taken"
                + " away is not there.")
    @Nullable String cpuid;

    @ArgGroup(validate = false)
    ProcessorOptions processor = new ProcessorOptions();
  }

  /** Memory. */
  static final class Memory {
    @ArgGroup(validate = false)
    MemoryOptions backed = new MemoryOptions();

    @Option(
        names = "--dirty-log",
        paramLabel = "off|bitmap|ring|pml",
        converter = Choices.DirtyLog.class,
        description =
            "How writes are noticed: bitmap and ring by write protection, pml by cleared D bits."
                + " The log is read every 10 ms (default: off).")
    DirtyLogChoice dirtyLog = DirtyLogChoice.OFF;
  }

  /** How it is run. */
  static final class Run {
    @Option(
        names = "--timeout",
        paramLabel = "SECONDS",
        description = "End the guest after so long, with status 1.")
    @Nullable Double timeout;

    @Option(
        names = "--deterministic",
        description =
            "Run the vCPUs in turn on one thread; a nanosecond is an instruction. The same image"
                + " does the same each time.")
    boolean isDeterministic;

    @Option(
        names = "--quantum",
        paramLabel = "N",
        description = "With --deterministic: instructions in a turn (default: 1000).")
    @Nullable Integer quantum;

    @Option(
        names = "--unclaimed",
        paramLabel = "warn|stop|ignore",
        converter = Unclaimed.class,
        description =
            "When the guest uses a port behind which there is nothing: warn, say so the first time"
                + " (default); stop, end with status 1; ignore, say nothing, of unknown"
                + " instructions neither. Such a port reads as ones.")
    Oddities.Policy unclaimed = Oddities.Policy.WARN;

    @ArgGroup(validate = false)
    RuleOptions rules = new RuleOptions();
  }

  /** What is told. */
  static final class Output {
    @Option(
        names = "--stat",
        description =
            "At the end, on standard error: instructions, MIPS, and the MMU's statistics.")
    boolean isStat;

    @Option(
        names = "--json",
        paramLabel = "FILE",
        description =
            "Write the report as JSON; '-' is standard output (the guest's console then goes to"
                + " standard error).")
    @Nullable String json;

    @ArgGroup(validate = false)
    TraceOptions trace = new TraceOptions();
  }

  /** Addresses, in hexadecimal or decimal. */
  static final class Address implements ITypeConverter<Long> {
    @Override
    public Long convert(String text) {
      try {
        long value = Long.decode(text);
        if (value >= 0) {
          return value;
        }
      } catch (NumberFormatException e) {
        // Said below.
      }
      throw new TypeConversionException("'" + text + "' is no address: expected 0x7c00, or 31744");
    }
  }

  /** How a flat binary starts. */
  static final class Mode extends Choice<StartMode> {
    Mode() {
      word("real", StartMode.REAL).word("flat32", StartMode.FLAT32);
    }
  }

  /** What is done about unclaimed ports. */
  static final class Unclaimed extends Choice<Oddities.Policy> {
    Unclaimed() {
      for (Oddities.Policy policy : Oddities.Policy.values()) {
        word(policy.label(), policy);
      }
    }
  }
}
