package dev.gnomon.cli.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.cli.Compiled;
import dev.gnomon.cli.Gnomon;
import dev.gnomon.cli.usage.ExitStatus;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example of docs/rules.md: someone proposes a cheaper rule, the checker refutes it. */
class ExampleRuleTest {
  private static final Path SOURCE = Path.of("../docs/examples/com/acme/UnlessAccessed.java");

  @TempDir private Path directory;

  private final Gnomon gnomon = new Gnomon();

  private int check(String scenario) {
    Path classes = Compiled.file(directory, SOURCE);
    return gnomon.run(
        "check",
        scenario,
        "--rule",
        "volatile=com.acme.UnlessAccessed",
        "--classpath",
        classes.toString());
  }

  @Test
  void theExampleIsRefuted() {
    assertThat(check("lost-dirty-bit-pml")).isEqualTo(ExitStatus.VIOLATED);
    assertThat(gnomon.out())
        .contains("violated (no-write-lost)", "NestedWalker.leaf", "VIOLATED no-write-lost");
  }

  @Test
  void theScenarioThatRefutesItsNeighboursDoesNotRefuteIt() {
    assertThat(check("lost-dirty-bit")).isEqualTo(ExitStatus.OK);
    assertThat(gnomon.out()).contains("safe", "complete: every interleaving");
  }
}
