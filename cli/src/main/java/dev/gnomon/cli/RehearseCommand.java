package dev.gnomon.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * Executes several commands in one process. For the script that starts this program: the JVM learns
 * from one run what it keeps for the start of all.
 */
@Command(name = "rehearse", hidden = true, description = "Executes several commands.")
final class RehearseCommand implements Callable<Integer> {
  @Parameters(paramLabel = "COMMAND", description = "A command line, as one word.")
  private List<String> commands = new ArrayList<>();

  RehearseCommand() {}

  @Override
  public Integer call() {
    int worst = 0;
    for (String command : commands) {
      worst = Math.max(worst, Main.commandLine().execute(command.strip().split("\\s+")));
    }
    return worst;
  }
}
