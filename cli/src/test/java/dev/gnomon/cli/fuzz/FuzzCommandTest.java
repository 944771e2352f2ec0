package dev.gnomon.cli.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.cli.Gnomon;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FuzzCommandTest {
  @TempDir Path temporary;

  private final Gnomon gnomon = new Gnomon();

  private int fuzz(String... arguments) {
    return gnomon.run(
        Stream.concat(Stream.of("fuzz"), Stream.of(arguments)).toArray(String[]::new));
  }

  @Test
  void asManyOperationsAsWereAskedForAreToldByConfiguration() {
    int status =
        fuzz("--seed", "1", "--operations", "5000", "--jobs", "2", "--config", "npt,shadow-32");

    assertThat(gnomon.out())
        .startsWith("seed 1; npt, shadow-32\n")
        .containsPattern("\n  npt +[0-9,]+ operations\n  shadow-32 +[0-9,]+ operations\n")
        .endsWith("no divergence\n");
    assertThat(status).isZero();
  }

  @Test
  void aScriptIsRunAgain() throws IOException {
    Path script = temporary.resolve("script");
    Files.writeString(script, "config npt\nprocessor 40 giant pse36\nboot 3 8\nread 800 8\n");

    int status = fuzz("--replay", script.toString());

    assertThat(gnomon.out()).isEqualTo("2 operations under npt: no divergence\n");
    assertThat(status).isZero();
  }

  @Test
  void aConfigurationThatThereIsNotIsNamedWithTheNearest() {
    int status = fuzz("--config", "shadw");

    assertThat(gnomon.err()).anyMatch(line -> line.contains("nearest known is 'shadow'"));
    assertThat(status).isEqualTo(2);
  }

  @Test
  void limitsArePositive() {
    int status = fuzz("--operations", "0");

    assertThat(gnomon.err()).anyMatch(line -> line.contains("--operations must be positive"));
    assertThat(status).isEqualTo(2);
  }
}
