package dev.gnomon.cli.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.checker.litmus.Corpus;
import dev.gnomon.cli.Gnomon;
import dev.gnomon.cli.usage.ExitStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplayTest {
  @TempDir private Path directory;

  private final Gnomon gnomon = new Gnomon();
  private Path scenario;
  private Path saved;

  @BeforeEach
  void save() throws IOException {
    scenario =
        Files.writeString(directory.resolve("mine.litmus"), Corpus.source("stale-after-report"));
    saved = directory.resolve("saved.json");
    gnomon.run(
        "check", scenario.toString(), "--rule", "dirty-flush=never", "--save", saved.toString());
  }

  private int replay(Gnomon again, String... more) {
    String[] arguments = new String[3 + more.length];
    arguments[0] = "check";
    arguments[1] = "--replay";
    arguments[2] = saved.toString();
    System.arraycopy(more, 0, arguments, 3, more.length);
    return again.run(arguments);
  }

  @Test
  void theSameExecutionIsShownAgain() {
    Gnomon again = new Gnomon();
    assertThat(replay(again)).isEqualTo(ExitStatus.VIOLATED);
    assertThat(again.err()).isEmpty();
    String table = again.out().strip();
    assertThat(table).contains("VIOLATED no-write-lost");
    assertThat(gnomon.out()).contains(table);
  }

  @Test
  void moreStepsCanBeShown() {
    Gnomon again = new Gnomon();
    assertThat(replay(again, "--all-steps")).isEqualTo(ExitStatus.VIOLATED);
    assertThat(again.out().lines().count()).isGreaterThan(gnomon.out().lines().count());
    assertThat(again.out()).doesNotContain("...");
  }

  @Test
  void aScenarioThatHasChangedIsRefused() throws IOException {
    Files.writeString(scenario, Files.readString(scenario) + "\n# changed\n");
    Gnomon again = new Gnomon();
    assertThat(replay(again)).isEqualTo(ExitStatus.USAGE);
    assertThat(again.err()).hasSize(1);
    assertThat(again.err().getFirst()).contains("saved.json", "mine.litmus", "has changed");
  }

  @Test
  void aRuleThatIsNotThereAnyMoreIsNamed() throws IOException {
    Files.writeString(saved, Files.readString(saved).replace("\"never\"", "\"newer\""));
    Gnomon again = new Gnomon();
    assertThat(replay(again)).isEqualTo(ExitStatus.USAGE);
    assertThat(again.err().getFirst()).contains("saved.json: unknown value 'newer'");
  }

  @Test
  void aScheduleThatTheProgramDoesNotFollowIsRefused() throws IOException {
    Files.writeString(saved, Files.readString(saved).replaceFirst("\"cpu\": \\d", "\"cpu\": 3"));
    Gnomon again = new Gnomon();
    assertThat(replay(again)).isEqualTo(ExitStatus.USAGE);
    assertThat(again.err().getFirst()).contains("does not go that way any more");
  }

  @Test
  void aScheduleThatViolatesNothingIsSaidToHaveChanged() throws IOException {
    Files.writeString(saved, Files.readString(saved).replace("\"dirty-flush\":\"never\"", ""));
    Gnomon again = new Gnomon();
    assertThat(replay(again)).isEqualTo(ExitStatus.USAGE);
    assertThat(again.err()).hasSize(1);
  }
}
