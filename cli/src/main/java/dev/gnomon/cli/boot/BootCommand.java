package dev.gnomon.cli.boot;

import dev.gnomon.cli.event.EventTrace;
import dev.gnomon.cli.event.TraceOptions;
import dev.gnomon.cli.usage.ExitStatus;
import dev.gnomon.cli.usage.Failure;
import dev.gnomon.cli.usage.Interruption;
import dev.gnomon.cli.usage.OutputFile;
import dev.gnomon.cli.usage.RuleTexts;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.InputStream;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gnomon boot}: a program boots on a small PC whose memory the MMU maps. */
@Command(
    name = "boot",
    sortOptions = false,
    usageHelpWidth = 100,
    customSynopsis = "gnomon boot IMAGE [options]",
    description = {
      "",
      "Boots a bare-metal image on a small PC: x86 vCPUs whose memory the MMU maps on demand, a"
          + " serial port, local APICs. What the guest sends to the serial port (COM1, 0x3f8)"
          + " appears on standard output; what it reads there comes from standard input.",
      "",
      "A multiboot 1 image (an ELF file, or any file with addresses in its header) and a plain ELF"
          + " file say themselves where they go. For a flat binary --load says it.",
      "",
      "The guest ends by writing a value v to port 0xf4: the exit status is then (v << 1) | 1."
          + " It ends, too, when all vCPUs have halted and nothing can interrupt them.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  gnomon boot examples/boot/smp.elf --cpus 4      a multiboot image on four vCPUs",
      "  gnomon boot kernel.elf --append 'test=3 -v' --memory 2g --stat",
      "  gnomon boot bootsector.bin --load 0x7c00        a flat binary, in real mode",
      "  gnomon boot guest.bin --load 0x100000 --mode flat32",
      "  gnomon boot kernel.elf --cpus 2 --deterministic the same each time",
      "  gnomon boot kernel.elf --dirty-log ring --json report.json --timeout 10",
      "",
      "A size is in bytes, or has one of the letters k, m, g, t (512m, 4g).",
      "Ctrl-C ends the guest, and says where its vCPUs are. docs/boot.md says what the PC has.",
      "",
      "Exit status: (v << 1) | 1 if the guest wrote v to port 0xf4; 0 if it halted with interrupts",
      "on and nothing is left to interrupt it; 1 if it is dead (halted with interrupts off), fell",
      "into a triple fault, asked for a reset, or ran out of time; 2 wrong usage or a bad image;",
      "130 interrupted."
    })
public final class BootCommand implements Callable<Integer> {
  private static final String STANDARD_STREAM = "-";

  /** Not System.in: whoever waits for that keeps others from asking whether there is anything. */
  private static final InputStream STANDARD_INPUT = new FileInputStream(FileDescriptor.in);

  @Mixin private BootOptions options = new BootOptions();

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this help.")
  private boolean isHelp;

  @Spec private @Nullable CommandSpec spec;

  /** Made by picocli. */
  public BootCommand() {}

  @Override
  public Integer call() {
    if (options.run.rules.isQuestion()) {
      RuleTexts.answer(options.run.rules.texts, line().getOut());
      return ExitStatus.OK;
    }
    BootPlan plan = BootPlan.of(options);
    String json = options.output.json;
    boolean isJsonOnOutput = STANDARD_STREAM.equals(json);
    TraceOptions trace = options.output.trace;
    trace.check(isJsonOnOutput);
    OutputFile file = json == null || isJsonOnOutput ? null : new OutputFile("--json", json);
    PrintWriter err = line().getErr();
    boolean isOutputTaken = isJsonOnOutput || trace.isOnOutput();
    PrintWriter console = isOutputTaken ? err : line().getOut();
    try (Interruption interruption = new Interruption()) {
      interruption.install();
      BootResult result = run(plan, console, trace, interruption);
      report(result, file, isJsonOnOutput);
      return result.status();
    } catch (RuntimeException | OutOfMemoryError e) {
      return Failure.of(e).explain(err);
    }
  }

  private BootResult run(
      BootPlan plan, PrintWriter console, TraceOptions options, Interruption interruption) {
    try (EventTrace trace = options.open(line().getOut())) {
      return new BootRun(plan, console, STANDARD_INPUT, line().getErr(), interruption, trace).run();
    }
  }

  private void report(BootResult result, @Nullable OutputFile json, boolean isJsonOnOutput) {
    PrintWriter err = line().getErr();
    BootReport report = new BootReport(result);
    result.remarks().forEach(remark -> err.println("gnomon: " + remark));
    if (options.output.isStat) {
      report.print(err);
    }
    err.flush();
    if (json != null) {
      json.write(report.json());
    } else if (isJsonOnOutput) {
      line().getOut().print(report.json());
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
