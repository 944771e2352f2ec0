package dev.gnomon.machine.trace;

import java.io.Closeable;

/**
 * Plays a trace once, a batch at a time. Made by {@link TraceSource#open()}.
 *
 * <p>A reader belongs to one thread and holds an open file until it is closed. In the steady state
 * it allocates nothing.
 */
public interface TraceReader extends Closeable {

  /**
   * Replaces what is in the batch by the next records of the trace, at most as many as it holds.
   *
   * @return how many there are now in the batch; 0 only at the end of the trace
   * @throws dev.gnomon.machine.InputException if the trace is malformed, cut off, empty or cannot
   *     be read; records before the place in question may have been delivered by earlier calls
   */
  default int read(TraceBatch batch) {
    return read(batch, batch.capacity());
  }

  /**
   * As {@link #read(TraceBatch)}, with at most {@code limit} records.
   *
   * @param limit from 1 to the capacity of the batch
   */
  int read(TraceBatch batch, int limit);

  /**
   * The number of the line that was read last, from 1; 0 before the first. One that starts late or
   * plays a trace several times goes back to 1 as the trace does.
   */
  long line();

  /**
   * How many bytes of the trace as stored (compressed, if it is) have been played: what progress
   * can be shown by, exact to a buffer. Grows from 0 to about {@link #sizeInBytes()}.
   */
  long bytesRead();

  /** How many bytes there are to play, as stored; -1 if that is not known. */
  long sizeInBytes();

  /** Closes the file. Does nothing if it is closed. */
  @Override
  void close();
}
