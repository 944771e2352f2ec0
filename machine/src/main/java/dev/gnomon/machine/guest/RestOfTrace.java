package dev.gnomon.machine.guest;

import dev.gnomon.machine.trace.TraceBatch;
import dev.gnomon.machine.trace.TraceReader;

/** What is left of a trace: first what has been read of it already, then the rest. */
final class RestOfTrace implements TraceReader {
  private final TraceBatch atHand;
  private final TraceReader reader;
  private int position;

  RestOfTrace(TraceBatch atHand, int position, TraceReader reader) {
    this.atHand = atHand;
    this.position = position;
    this.reader = reader;
  }

  @Override
  public int read(TraceBatch batch, int limit) {
    int count = Math.min(limit, atHand.count() - position);
    if (count == 0) {
      return reader.read(batch, limit);
    }
    for (int i = 0; i < count; i++) {
      int from = position + i;
      batch.put(i, atHand.address(from), atHand.kind(from), atHand.size(from));
    }
    batch.setCount(count);
    position += count;
    return count;
  }

  @Override
  public long line() {
    return reader.line();
  }

  @Override
  public long bytesRead() {
    return reader.bytesRead();
  }

  @Override
  public long sizeInBytes() {
    return reader.sizeInBytes();
  }

  @Override
  public void close() {
    reader.close();
  }
}
