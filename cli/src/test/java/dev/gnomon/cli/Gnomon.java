package dev.gnomon.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;

/** The program, run inside this process. */
public final class Gnomon {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  /** Runs it; returns the exit status. */
  public int run(String... args) {
    return Main.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(args);
  }

  /** Runs it with arguments separated by blanks. */
  public int runLine(String line) {
    return run(line.split(" "));
  }

  /** What it has said on standard output. */
  public String out() {
    return out.toString();
  }

  /** The lines that it has said on standard error. */
  public List<String> err() {
    return err.toString().lines().toList();
  }
}
