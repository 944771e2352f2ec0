package dev.gnomon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.cli.usage.ExitStatus;
import org.junit.jupiter.api.Test;

class MainTest {
  private final Gnomon gnomon = new Gnomon();

  @Test
  void helpNamesTheCommandsAndTheProgramsBeside() {
    assertThat(gnomon.run("--help")).isEqualTo(ExitStatus.OK);
    assertThat(gnomon.out()).contains("run", "receive", "bench", "jmh", "jcstress");
  }

  @Test
  void helpOfRunIsGroupedAndHasExamples() {
    assertThat(gnomon.run("run", "--help")).isEqualTo(ExitStatus.OK);
    assertThat(gnomon.out())
        .contains("Machine:", "Memory:", "Dirty logging and migration:", "Output:", "Examples:");
  }

  @Test
  void noCommandIsWrongUsage() {
    assertThat(gnomon.run()).isEqualTo(ExitStatus.USAGE);
    assertThat(gnomon.err())
        .containsExactly("gnomon: a command is missing (gnomon --help says more)");
  }

  @Test
  void unknownOptionIsNamedWithTheNearestKnown() {
    assertThat(gnomon.run("--versoin")).isEqualTo(ExitStatus.USAGE);
    assertThat(gnomon.err())
        .containsExactly(
            "gnomon: unknown option '--versoin'; the nearest known is '--version'"
                + " (gnomon --help says more)");
  }

  @Test
  void unknownCommandIsNamedWithTheNearestKnown() {
    assertThat(gnomon.run("recieve")).isEqualTo(ExitStatus.USAGE);
    assertThat(gnomon.err())
        .containsExactly(
            "gnomon: unknown command 'recieve'; the nearest known is 'receive'"
                + " (gnomon --help says more)");
  }
}
