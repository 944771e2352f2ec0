package dev.gnomon.machine.guest;

import dev.gnomon.machine.trace.TraceBatch;
import dev.gnomon.machine.trace.TraceReader;

/** The trace of a child that has played what it was forked off with. */
enum NothingToRead implements TraceReader {
  INSTANCE;

  @Override
  public int read(TraceBatch batch, int limit) {
    batch.setCount(0);
    return 0;
  }

  @Override
  public long line() {
    return 0;
  }

  @Override
  public long bytesRead() {
    return 0;
  }

  @Override
  public long sizeInBytes() {
    return 0;
  }

  @Override
  public void close() {}
}
