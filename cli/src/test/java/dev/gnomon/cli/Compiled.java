package dev.gnomon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.mmu.Rules;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.spi.ToolProvider;

/** Sources of users, compiled against the MMU. */
public final class Compiled {
  private Compiled() {}

  /** Compiles a source; returns the directory of its classes. */
  public static Path source(Path directory, String className, String text) throws IOException {
    Path source = Files.writeString(directory.resolve(className + ".java"), text);
    return file(directory, source);
  }

  /** Compiles a file; returns the directory of its classes. */
  public static Path file(Path directory, Path source) {
    Path classes = directory.resolve("classes");
    Path mmu =
        Path.of(
            URI.create(Rules.class.getProtectionDomain().getCodeSource().getLocation().toString()));
    StringWriter said = new StringWriter();
    PrintWriter out = new PrintWriter(said, true);
    ToolProvider javac = ToolProvider.findFirst("javac").orElseThrow();
    int status =
        javac.run(
            out,
            out,
            "-proc:none",
            "-d",
            classes.toString(),
            "--class-path",
            mmu.toString(),
            source.toString());
    assertThat(status).as("%s", said).isZero();
    return classes;
  }
}
