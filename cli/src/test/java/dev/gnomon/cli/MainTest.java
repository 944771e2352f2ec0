package dev.gnomon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class MainTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void helpNamesTheProgramsBeside() {
    assertThat(run("--help")).isEqualTo(Main.OK);
    assertThat(out.toString()).contains("gnomon", "bench", "jmh", "jcstress");
  }

  @Test
  void noCommandIsWrongUsage() {
    assertThat(run()).isEqualTo(Main.USAGE);
    assertThat(err.toString()).startsWith("gnomon: a command is missing");
  }

  @Test
  void unknownOptionIsNamedAndTheNearestOneOffered() {
    assertThat(run("--versoin")).isEqualTo(Main.USAGE);
    assertThat(err.toString())
        .startsWith("gnomon: Unknown option: '--versoin'")
        .contains("--version")
        .doesNotContain("Exception");
  }

  @Test
  void userExceptionIsOneLine() {
    CommandLine line = Main.commandLine();
    line.addSubcommand("fail", new Failing());
    assertThat(run(line, "fail")).isEqualTo(Main.USAGE);
    assertThat(err.toString().lines()).containsExactly("gnomon: trace.gz: no such file");
  }

  private int run(String... args) {
    return run(Main.commandLine(), args);
  }

  private int run(CommandLine line, String... args) {
    return line.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true)).execute(args);
  }

  @CommandLine.Command
  static final class Failing implements Runnable {
    @Override
    public void run() {
      throw new UserException("trace.gz: no such file");
    }
  }
}
