package dev.gnomon.cli.event;

import dev.gnomon.machine.InputException;
import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Whether a command writes a trace of the MMU's events, and where. */
public final class TraceOptions {
  private static final String OPTION = "--trace-events";
  private static final String STANDARD_STREAM = "-";
  private static final String COUNTER = "counter";
  private static final String MONOTONIC = "mono";

  @Option(
      names = OPTION,
      paramLabel = "FILE",
      description =
          "Write the MMU's events as text, as the kernel's ftrace writes KVM's; '-' is standard"
              + " output.")
  @Nullable String file;

  @Option(
      names = "--trace-clock",
      paramLabel = "mono|counter",
      description =
          "What the lines of --trace-events bear: the time in seconds (default), or a count, as"
              + " the kernel's trace_clock has it.")
  @Nullable String clock;

  /** No trace. */
  public TraceOptions() {}

  /** Whether the trace goes to standard output, so that nothing else should. */
  public boolean isOnOutput() {
    return STANDARD_STREAM.equals(file);
  }

  /**
   * Checks that they fit together.
   *
   * @param isOutputTaken whether a report goes to standard output
   * @throws InputException if not
   */
  public void check(boolean isOutputTaken) {
    if (isOutputTaken && isOnOutput()) {
      throw new InputException("--json - and --trace-events - do not go together");
    }
    String given = clock;
    if (given != null && !given.equals(COUNTER) && !given.equals(MONOTONIC)) {
      throw new InputException("--trace-clock " + given + ": expected mono or counter");
    }
    if (given != null && file == null) {
      throw new InputException("--trace-clock is for --trace-events, which is not given");
    }
  }

  /**
   * Begins to listen, for the flight recorder always, for a text if one was asked for.
   *
   * @param output where {@code -} leads
   * @throws InputException if the file cannot be made
   */
  public EventTrace open(PrintWriter output) {
    String name = file;
    if (name == null) {
      return EventTrace.forFlightRecorder();
    }
    TraceSink sink = isOnOutput() ? TraceSink.output(output) : TraceSink.file(OPTION, name);
    return EventTrace.asText(OPTION + " " + name, sink, System::nanoTime, COUNTER.equals(clock));
  }
}
