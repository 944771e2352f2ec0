package dev.gnomon.cli.usage;

import dev.gnomon.machine.InputException;
import dev.gnomon.machine.thread.CpuFailureException;
import dev.gnomon.mmu.platform.OutOfFramesException;
import java.io.PrintWriter;

/**
 * What a command that did not come to its end says: one line, and an exit status. A stack trace is
 * shown only to who asks for it, by setting {@code GNOMON_DEBUG}.
 *
 * @param status the exit status
 * @param message one line
 * @param cause what was thrown
 */
public record Failure(int status, String message, Throwable cause) {

  /** Tells a user's mistake from a broken invariant. */
  public static Failure of(Throwable thrown) {
    Throwable cause = thrown;
    while (cause instanceof CpuFailureException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return switch (cause) {
      case InputException e -> new Failure(ExitStatus.USAGE, oneLine(e), thrown);
      case OutOfFramesException e -> new Failure(ExitStatus.USAGE, oneLine(e), thrown);
      case OutOfMemoryError e ->
          new Failure(
              ExitStatus.USAGE,
              "the Java heap is too small for this machine (%s): give it more with GNOMON_JVM_OPTS=-Xmx..."
                  .formatted(oneLine(e)),
              thrown);
      case IllegalStateException e ->
          new Failure(ExitStatus.VIOLATED, "an invariant is broken: " + oneLine(e), thrown);
      default -> new Failure(ExitStatus.VIOLATED, "a fault of this program: " + cause, thrown);
    };
  }

  /** The same, with what helps to see it again. */
  public Failure about(String context) {
    return new Failure(status, message + " (" + context + ")", cause);
  }

  private static String oneLine(Throwable e) {
    String message = e.getMessage();
    return message == null ? e.getClass().getSimpleName() : message.replaceAll("\\s*\\R\\s*", " ");
  }

  /** Prints the line; returns the status. */
  public int explain(PrintWriter err) {
    err.println("gnomon: " + message.replaceAll("\\s*\\R\\s*", " "));
    if (System.getenv("GNOMON_DEBUG") != null) {
      cause.printStackTrace(err);
    }
    err.flush();
    return status;
  }
}
