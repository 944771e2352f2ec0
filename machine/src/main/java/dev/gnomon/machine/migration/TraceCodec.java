package dev.gnomon.machine.migration;

import dev.gnomon.machine.trace.TraceBatch;
import dev.gnomon.machine.trace.TraceReader;

/**
 * A batch of trace records on the wire:
 *
 * <pre>
 *  4 process | 8 line | 8 bytes read | 4 count | records
 *  record: (size - 1) &lt;&lt; 2 | kind, variable | address less that before it, of its sort
 * </pre>
 *
 * <p>The sorts are fetches and all else, each of which tends to stay where it is; differences are
 * variable too, their sign in the lowest bit. A record takes about three bytes. No records: the
 * trace is at its end.
 */
final class TraceCodec {
  private static final int KIND_BITS = 2;

  private TraceCodec() {}

  static void write(PayloadWriter out, int process, TraceReader reader, TraceBatch batch) {
    out.put(process).put(reader.line()).put(reader.bytesRead()).put(batch.count());
    long[] last = new long[2];
    for (int i = 0; i < batch.count(); i++) {
      int kind = batch.kind(i);
      int sort = sort(kind);
      long step = batch.address(i) - last[sort];
      last[sort] = batch.address(i);
      out.putVariable((long) (batch.size(i) - 1) << KIND_BITS | kind);
      out.putVariable(step << 1 ^ step >> Long.SIZE - 1);
    }
  }

  private static int sort(int kind) {
    return kind == TraceBatch.FETCH ? 0 : 1;
  }

  /** A batch that has arrived, read bit by bit. */
  static final class Arrived {
    private final PayloadReader in;
    private final int process;
    private final long line;
    private final long bytesRead;
    private final long[] last = new long[2];
    private int left;

    /** Reads its head; all that is wrong with it, there and later, is an InputException. */
    Arrived(PayloadReader in) {
      this.in = in;
      process = in.getInt();
      line = in.getLong();
      bytesRead = in.getLong();
      left = in.getCount(2);
    }

    int process() {
      return process;
    }

    long line() {
      return line;
    }

    long bytesRead() {
      return bytesRead;
    }

    /** How many records are left. */
    int left() {
      return left;
    }

    /** Replaces what is in a batch by the next records, {@code count} of those left. */
    void read(TraceBatch batch, int count) {
      for (int i = 0; i < count; i++) {
        long shape = in.getVariable();
        long size = (shape >>> KIND_BITS) + 1;
        int kind = (int) shape & (1 << KIND_BITS) - 1;
        long coded = in.getVariable();
        int sort = sort(kind);
        last[sort] += coded >>> 1 ^ -(coded & 1);
        if (size > TraceBatch.MAX_SIZE
            || last[sort] < 0
            || last[sort] > TraceBatch.ADDRESS_LIMIT - size) {
          throw in.malformed();
        }
        batch.put(i, last[sort], kind, (int) size);
      }
      batch.setCount(count);
      left -= count;
    }
  }
}
