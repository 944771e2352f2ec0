package dev.gnomon.machine.trace;

import dev.gnomon.machine.InputException;
import java.io.Closeable;
import java.io.InputStream;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * Where a trace comes from: a file, standard input, or the sample that comes with the program. It
 * can be opened any number of times, and its readers do not disturb each other.
 *
 * <p>Whether the trace is well formed is found out by reading it; {@link #totals()} reads all of
 * it.
 */
public sealed interface TraceSource extends Closeable permits RecordedTrace, RepeatedTrace {

  /**
   * A source by the name that a user gives: {@code -} for standard input, else a file.
   *
   * @param standardInput read, to its end, only if that is what was named
   * @throws InputException as {@link #file} and {@link #stream} do
   */
  static TraceSource of(String name, InputStream standardInput) {
    if (name.equals("-")) {
      return stream("standard input", standardInput);
    }
    try {
      return file(Path.of(name));
    } catch (InvalidPathException e) {
      throw new InputException(name + ": not a file name here: " + e.getReason(), e);
    }
  }

  /**
   * A file; its compression is told by its content. What is not a regular file (a pipe, say) is
   * read to its end now, as {@link #stream} does.
   *
   * @throws InputException if there is no such file, or it is a directory or not readable
   */
  static TraceSource file(Path path) {
    return RecordedTrace.ofFile(path);
  }

  /**
   * What a stream holds, compressed or not. The stream is copied to a temporary file now, so that
   * it can be played more than once; closing the source deletes the file.
   *
   * @param name for messages
   * @param stream read to its end; not closed
   * @throws InputException if reading it fails, or writing the temporary file
   */
  static TraceSource stream(String name, InputStream stream) {
    return RecordedTrace.ofStream(name, stream);
  }

  /** The sample: a compression of a small text by {@code xz}; see {@code docs/traces.md}. */
  static TraceSource sample() {
    return RecordedTrace.ofSample();
  }

  /** What messages call this trace. */
  String name();

  /**
   * Opens the trace at its beginning.
   *
   * @throws InputException if it cannot be opened
   */
  TraceReader open();

  /**
   * Opens the trace at the record after the first {@code skip}; those are played last, so that each
   * record is played once. Readers that start in different places make unlike guests out of one
   * trace.
   *
   * @param skip how many records to begin after, at least 0; taken modulo the number of records
   * @throws InputException if it cannot be opened, or the records to begin after cannot be read
   */
  TraceReader open(long skip);

  /**
   * Reads the whole trace once, which also validates it.
   *
   * @throws InputException as soon as something is wrong with it
   */
  TraceTotals totals();

  /**
   * This trace played {@code n} times, each time from where the first time began.
   *
   * @param n at least 1
   * @return a source that closes this one when it is closed
   */
  default TraceSource repeat(long n) {
    return new RepeatedTrace(this, n);
  }

  /** Deletes what was kept of a stream. Readers that are open are not disturbed. */
  @Override
  void close();
}
