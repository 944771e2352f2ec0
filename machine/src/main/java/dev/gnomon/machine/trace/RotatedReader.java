package dev.gnomon.machine.trace;

/** Plays a trace from its middle to its end, then from its beginning to that middle. */
final class RotatedReader implements TraceReader {

  private final TraceSource source;
  private final long sizeInBytes;

  private TraceReader current;

  /** Where the part being played begins, and what was played before it, in bytes as stored. */
  private long bytesAtStart;

  private long bytesPlayedBefore;

  /** How many records are yet to be played of the beginning; meaningful when that is played. */
  private long left;

  private boolean isPlayingBeginning;

  private RotatedReader(TraceSource source, TraceReader atMiddle, long skip) {
    this.source = source;
    this.sizeInBytes = atMiddle.sizeInBytes();
    this.current = atMiddle;
    this.bytesAtStart = atMiddle.bytesRead();
    this.left = skip;
  }

  /**
   * Opens the source and reads up to where to begin.
   *
   * @param skip at least 0; if there are not so many records, their number is found by that, and
   *     the remainder is skipped by a second reading
   */
  static TraceReader open(TraceSource source, long skip) {
    if (skip < 0) {
      throw new IllegalArgumentException("cannot begin after " + skip + " records");
    }
    TraceReader reader = source.open();
    try {
      long skipped = skip(reader, skip);
      if (skipped == skip) {
        return new RotatedReader(source, reader, skip);
      }
      reader.close();
      long remainder = skip % skipped;
      reader = source.open();
      skip(reader, remainder);
      return new RotatedReader(source, reader, remainder);
    } catch (RuntimeException e) {
      reader.close();
      throw e;
    }
  }

  /** Returns how many records there were, up to {@code n}. */
  private static long skip(TraceReader reader, long n) {
    TraceBatch skipped = new TraceBatch();
    long left = n;
    while (left > 0) {
      int read = reader.read(skipped, (int) Math.min(skipped.capacity(), left));
      if (read == 0) {
        break;
      }
      left -= read;
    }
    return n - left;
  }

  @Override
  public int read(TraceBatch batch, int limit) {
    if (!isPlayingBeginning) {
      if (current.read(batch, limit) > 0) {
        return batch.count();
      }
      isPlayingBeginning = true;
      bytesPlayedBefore = current.bytesRead() - bytesAtStart;
      bytesAtStart = 0;
      current.close();
      current = source.open();
    }
    if (left == 0) {
      batch.setCount(0);
      return 0;
    }
    int read = current.read(batch, (int) Math.min(limit, left));
    left -= read;
    return read;
  }

  @Override
  public long line() {
    return current.line();
  }

  @Override
  public long bytesRead() {
    return bytesPlayedBefore + current.bytesRead() - bytesAtStart;
  }

  @Override
  public long sizeInBytes() {
    return sizeInBytes;
  }

  @Override
  public void close() {
    current.close();
  }
}
