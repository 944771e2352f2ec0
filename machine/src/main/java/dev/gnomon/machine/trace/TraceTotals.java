package dev.gnomon.machine.trace;

/**
 * How much is in a trace.
 *
 * @param fetches records that are instruction fetches ({@code I})
 * @param loads records that are loads ({@code L})
 * @param stores records that are stores ({@code S})
 * @param modifies records that are a load and a store ({@code M})
 */
public record TraceTotals(long fetches, long loads, long stores, long modifies) {

  /** How many records, one a line. */
  public long records() {
    return fetches + loads + stores + modifies;
  }

  /** How many accesses to memory: a modify is two, any other record is one. */
  public long accesses() {
    return records() + modifies;
  }

  /** The totals of this trace played several times over. */
  TraceTotals times(long n) {
    return new TraceTotals(
        Math.multiplyExact(fetches, n),
        Math.multiplyExact(loads, n),
        Math.multiplyExact(stores, n),
        Math.multiplyExact(modifies, n));
  }

  /** Reads a trace to its end, which also validates it. */
  static TraceTotals of(TraceReader reader) {
    TraceBatch batch = new TraceBatch();
    long[] tally = new long[4];
    while (reader.read(batch) > 0) {
      for (int i = 0; i < batch.count(); i++) {
        tally[batch.kind(i)]++;
      }
    }
    return new TraceTotals(
        tally[TraceBatch.FETCH],
        tally[TraceBatch.LOAD],
        tally[TraceBatch.STORE],
        tally[TraceBatch.MODIFY]);
  }
}
