package dev.gnomon.cli.event;

import dev.gnomon.mmu.config.MmuConfig;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Who listens to the MMUs of a command's VMs: the flight recorder, whenever it records, and perhaps
 * a text. Closed when no CPU of theirs runs any more.
 */
public final class EventTrace implements AutoCloseable {
  private final @Nullable TextTrace text;

  private EventTrace(@Nullable TextTrace text) {
    this.text = text;
  }

  /** One for the flight recorder alone. */
  public static EventTrace forFlightRecorder() {
    return new EventTrace(null);
  }

  /**
   * One for a text, too.
   *
   * @param name what to call it in messages
   * @param clock nanoseconds, never going back
   * @param countsEvents whether lines bear a count instead of the time
   */
  static EventTrace asText(String name, TraceSink sink, LongSupplier clock, boolean countsEvents) {
    return new EventTrace(new TextTrace(name, sink, clock, countsEvents));
  }

  /**
   * Listens to a VM that is about to be made.
   *
   * @param cpus how many CPUs its execution has
   */
  public VmTrace of(MmuConfig config, int cpus) {
    TextTrace written = text;
    return new VmTrace(written == null ? null : written.of(config, cpus));
  }

  /**
   * Writes what is left.
   *
   * @throws dev.gnomon.machine.InputException if something could not be written
   */
  @Override
  public void close() {
    TextTrace written = text;
    if (written != null) {
      written.close();
    }
  }
}
