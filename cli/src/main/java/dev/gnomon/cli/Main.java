package dev.gnomon.cli;

import java.io.PrintWriter;
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
  private static final List<Class<?>> SUBCOMMANDS = List.of();

  static final int OK = 0;
  static final int VIOLATED = 1;
  static final int USAGE = 2;

  @Spec private CommandSpec spec;

  private Main() {}

  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  static CommandLine commandLine() {
    CommandLine line = new CommandLine(new Main());
    SUBCOMMANDS.forEach(line::addSubcommand);
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
    PrintWriter err = line.getErr();
    err.println("gnomon: " + e.getMessage());
    UnmatchedArgumentException.printSuggestions(e, err);
    err.println("Try '" + line.getCommandSpec().qualifiedName() + " --help'.");
    err.flush();
    return USAGE;
  }

  /** Anything but a user's mistake is a fault of this program, and shows where it happened. */
  private static int explainFailure(Exception e, CommandLine line, CommandLine.ParseResult parsed)
      throws Exception {
    if (e instanceof UserException) {
      line.getErr().println("gnomon: " + e.getMessage());
      line.getErr().flush();
      return USAGE;
    }
    throw e;
  }
}
