package dev.gnomon.cli.usage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.cli.Compiled;
import dev.gnomon.cli.Gnomon;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UserRulesTest {
  private static final String RULE = "implements dev.gnomon.mmu.spte.VolatilityRule";
  private static final String METHOD =
      "public boolean isVolatile(dev.gnomon.mmu.spte.SpteFormat format, long spte)"
          + " { return true; }";

  @TempDir private Path directory;

  private final Gnomon gnomon = new Gnomon();

  private int check(String declaration, String body) throws IOException {
    Path classes =
        Compiled.source(
            directory, "Mine", "package acme; " + declaration + " { " + body + " " + METHOD + " }");
    return gnomon.run(
        "check",
        "zap-all-evict",
        "--rule",
        "volatile=acme.Mine",
        "--classpath",
        classes.toString());
  }

  @Test
  void aClassThatImplementsTheRuleIsAValueOfIt() throws IOException {
    assertThat(check("public class Mine " + RULE, "")).isEqualTo(ExitStatus.OK);
    assertThat(gnomon.out()).contains("volatile=acme.Mine", "safe");
  }

  @Test
  void runTakesAClassToo() throws IOException {
    Path classes =
        Compiled.source(
            directory, "Mine", "package acme; public class Mine " + RULE + " {" + METHOD + "}");
    assertThat(
            gnomon.run(
                "run",
                dev.gnomon.cli.TinyTrace.write(directory, 2_000, 1).toString(),
                "--rule",
                "volatile=acme.Mine",
                "--classpath",
                classes.toString()))
        .isEqualTo(ExitStatus.OK);
    assertThat(gnomon.out()).contains("volatile=acme.Mine");
  }

  @Test
  void aClassThatImplementsSomethingElseIsRefused() throws IOException {
    assertThat(check("public class Mine", "")).isEqualTo(ExitStatus.USAGE);
    assertThat(gnomon.err())
        .containsExactly(
            "gnomon: --rule volatile=acme.Mine: the class does not implement"
                + " dev.gnomon.mmu.spte.VolatilityRule");
  }

  @Test
  void aClassWithoutAPublicConstructorIsRefused() throws IOException {
    assertThat(check("public class Mine " + RULE, "private Mine() {}")).isEqualTo(ExitStatus.USAGE);
    assertThat(gnomon.err().getFirst())
        .endsWith("the class has no public constructor without parameters");
  }

  @Test
  void aClassThatIsNotPublicIsRefused() throws IOException {
    assertThat(check("class Mine " + RULE, "public Mine() {}")).isEqualTo(ExitStatus.USAGE);
    assertThat(gnomon.err().getFirst()).endsWith("the class is not public");
  }

  @Test
  void anAbstractClassIsRefused() throws IOException {
    assertThat(check("public abstract class Mine " + RULE, "")).isEqualTo(ExitStatus.USAGE);
    assertThat(gnomon.err().getFirst()).endsWith("the class is abstract");
  }

  @Test
  void aConstructorThatThrowsIsReported() throws IOException {
    assertThat(
            check(
                "public class Mine " + RULE,
                "public Mine() { throw new IllegalStateException(\"no\"); }"))
        .isEqualTo(ExitStatus.USAGE);
    assertThat(gnomon.err().getFirst())
        .endsWith("its constructor throws java.lang.IllegalStateException: no");
  }

  @Test
  void aClassThatIsNotThereIsReported() {
    assertThat(
            gnomon.run(
                "check",
                "zap-all-evict",
                "--rule",
                "volatile=acme.Other",
                "--classpath",
                directory.toString()))
        .isEqualTo(ExitStatus.USAGE);
    assertThat(gnomon.err().getFirst()).endsWith("there is no such class on the --classpath");
  }

  @Test
  void aClassNameWithoutAClassPathIsExplained() {
    assertThat(gnomon.run("run", "--rule", "volatile=acme.Mine")).isEqualTo(ExitStatus.USAGE);
    assertThat(gnomon.err().getFirst()).contains("--classpath must say where this class is");
  }

  @Test
  void aClassPathThatIsNotThereIsReported() {
    assertThat(gnomon.run("run", "--classpath", "no-such.jar")).isEqualTo(ExitStatus.USAGE);
    assertThat(gnomon.err().getFirst()).contains("--classpath no-such.jar", "no such file");
  }
}
