package dev.gnomon.machine.trace;

/**
 * A trace played several times.
 *
 * <p>Rotating and repeating change places: what begins after k records and is then played n times
 * is the same as n plays that begin after k.
 */
final class RepeatedTrace implements TraceSource {

  private final TraceSource once;
  private final long times;

  RepeatedTrace(TraceSource once, long times) {
    if (times < 1) {
      throw new IllegalArgumentException("a trace is played at least once, not " + times);
    }
    this.once = once;
    this.times = times;
  }

  @Override
  public String name() {
    return once.name();
  }

  @Override
  public TraceReader open() {
    return open(0);
  }

  @Override
  public TraceReader open(long skip) {
    return new RepeatedReader(once.open(skip), skip);
  }

  @Override
  public TraceTotals totals() {
    return once.totals().times(times);
  }

  @Override
  public void close() {
    once.close();
  }

  private final class RepeatedReader implements TraceReader {

    private final long skip;
    private final long sizeInBytes;

    private TraceReader current;
    private long timesLeft = times - 1;
    private long bytesPlayedBefore;

    RepeatedReader(TraceReader first, long skip) {
      this.skip = skip;
      this.current = first;
      this.sizeInBytes = first.sizeInBytes() < 0 ? -1 : first.sizeInBytes() * times;
    }

    @Override
    public int read(TraceBatch batch, int limit) {
      while (current.read(batch, limit) == 0 && timesLeft > 0) {
        timesLeft--;
        bytesPlayedBefore += current.bytesRead();
        current.close();
        current = once.open(skip);
      }
      return batch.count();
    }

    @Override
    public long line() {
      return current.line();
    }

    @Override
    public long bytesRead() {
      return bytesPlayedBefore + current.bytesRead();
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
}
