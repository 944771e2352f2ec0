package dev.gnomon.cli;

import dev.gnomon.cli.boot.BootCommand;
import dev.gnomon.cli.check.CheckCommand;
import dev.gnomon.cli.fuzz.FuzzCommand;
import dev.gnomon.cli.instructions.InstructionsCommand;
import dev.gnomon.cli.kvm.CompareKvmCommand;
import dev.gnomon.cli.kvm.KvmCommand;
import dev.gnomon.cli.receive.ReceiveCommand;
import dev.gnomon.cli.replay.ReplayCommand;
import dev.gnomon.cli.rules.RulesCommand;
import dev.gnomon.cli.run.RunCommand;
import dev.gnomon.cli.stress.StressCommand;
import dev.gnomon.cli.usage.ExitStatus;
import dev.gnomon.cli.usage.Failure;
import dev.gnomon.cli.usage.Nearest;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The root command. Exit status: 0 all is well, 1 something that must hold was violated, 2 wrong
 * usage.
 */
@Command(
    name = "gnomon",
    version = "gnomon 0.1.0",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    description = "KVM's x86 MMU as a running system.",
    footer = {
      "",
      "Programs beside, each with a --help of its own:",
      "  bench     the headline benchmarks",
      "  jmh       any benchmark, with JMH's options",
      "  jcstress  stress tests of the real-thread back end, with jcstress's options",
      "",
      "Exit status: 0 fine, 1 something that must hold was violated, 2 wrong usage."
    })
final class Main implements Runnable {
  /** The subcommands, in the order in which help lists them. */
  private static final List<Class<?>> SUBCOMMANDS =
      List.of(
          RunCommand.class,
          BootCommand.class,
          CheckCommand.class,
          RulesCommand.class,
          KvmCommand.class,
          CompareKvmCommand.class,
          ReceiveCommand.class,
          ReplayCommand.class,
          FuzzCommand.class,
          InstructionsCommand.class,
          StressCommand.class);

  /** Commands that the script which starts this program knows by itself. */
  private static final List<String> PROGRAMS_BESIDE = List.of("bench", "jmh", "jcstress");

  @Spec private CommandSpec spec;

  private Main() {}

  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  static CommandLine commandLine() {
    CommandLine line = new CommandLine(new Main());
    SUBCOMMANDS.forEach(line::addSubcommand);
    line.addSubcommand(new RehearseCommand());
    return line.setParameterExceptionHandler(Main::explainUsage)
        .setExecutionExceptionHandler(Main::explainFailure)
        .setCaseInsensitiveEnumValuesAllowed(true);
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }

  private static int explainUsage(ParameterException e, String[] args) {
    CommandLine line = e.getCommandLine();
    String message =
        e instanceof UnmatchedArgumentException unmatched ? explain(unmatched) : e.getMessage();
    line.getErr()
        .println(
            "gnomon: %s (%s --help says more)"
                .formatted(
                    message
                        .replaceAll("\\s*\\R\\s*", " ")
                        .replaceFirst(" is not an? (int|long)$", " is not a whole number"),
                    line.getCommandSpec().qualifiedName()));
    line.getErr().flush();
    return ExitStatus.USAGE;
  }

  /** Names what is unknown, and the nearest of what is known. */
  private static String explain(UnmatchedArgumentException e) {
    CommandLine line = e.getCommandLine();
    String word = e.getUnmatched().get(0).split("=", 2)[0];
    boolean isOption = word.startsWith("-");
    List<String> known =
        new ArrayList<>(
            isOption
                ? line.getCommandSpec().optionsMap().keySet()
                : line.getSubcommands().keySet());
    if (!isOption && line.getParent() == null) {
      known.addAll(PROGRAMS_BESIDE);
    }
    String kind = isOption ? "option" : "command";
    return known.isEmpty()
        ? "unexpected argument '%s'".formatted(word)
        : "unknown %s '%s'; the nearest known is '%s'"
            .formatted(kind, word, Nearest.to(word, known));
  }

  /** A user's mistake or a fault of this program: one line either way. */
  private static int explainFailure(Exception e, CommandLine line, CommandLine.ParseResult parsed) {
    return Failure.of(e).explain(line.getErr());
  }
}
