package dev.gnomon.cli.event;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * The events of one CPU on their way to the writer: a ring of records, each a time, a kind and up
 * to eight words. One thread puts, one takes; a full ring makes the one who puts wait, so nothing
 * is lost.
 *
 * <p>The writer must know that no earlier event is still to come before it writes a later one of
 * another CPU. So a record is announced ({@code entered}) before its time is taken, and published
 * ({@code published}) when it is whole: whoever finds as many published as were entered a moment
 * ago has all that happened before that.
 */
final class EventRing {
  /** How many records fit. */
  static final int RECORDS = 1 << 14;

  /** Words of a record: its time, its kind, and what it says. */
  static final int WORDS = 10;

  private static final long WAIT_NANOS = 20_000;
  private static final VarHandle ENTERED = handle("entered");
  private static final VarHandle PUBLISHED = handle("published");
  private static final VarHandle TAKEN = handle("taken");

  private final long[] words = new long[RECORDS * WORDS];
  private final LongSupplier clock;

  private long entered;
  private long published;
  private long taken;

  /** What the one who puts last knew of {@code taken}. */
  private long knownTaken;

  EventRing(LongSupplier clock) {
    this.clock = clock;
  }

  private static VarHandle handle(String field) {
    try {
      return MethodHandles.lookup().findVarHandle(EventRing.class, field, long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** Puts a record. */
  void put(EventKind kind, long a, long b, long c, long d, long e, long f, long g, long h) {
    long at = published;
    if (at - knownTaken >= RECORDS) {
      awaitRoom(at);
    }
    ENTERED.setOpaque(this, at + 1);
    long[] into = words;
    int first = (int) (at & RECORDS - 1) * WORDS;
    into[first] = clock.getAsLong();
    into[first + 1] = kind.ordinal();
    into[first + 2] = a;
    into[first + 3] = b;
    into[first + 4] = c;
    into[first + 5] = d;
    into[first + 6] = e;
    into[first + 7] = f;
    into[first + 8] = g;
    into[first + 9] = h;
    PUBLISHED.setRelease(this, at + 1);
  }

  private void awaitRoom(long at) {
    while (at - (knownTaken = (long) TAKEN.getAcquire(this)) >= RECORDS) {
      LockSupport.parkNanos(WAIT_NANOS);
    }
  }

  /** How many records there are, once all that were entered are published. For the writer. */
  long settled() {
    long begun = (long) ENTERED.getOpaque(this);
    long whole;
    while ((whole = (long) PUBLISHED.getAcquire(this)) < begun) {
      LockSupport.parkNanos(WAIT_NANOS);
    }
    return whole;
  }

  /** The first record that is not taken yet. For the writer. */
  long taken() {
    return taken;
  }

  /** A word of a record that is published and not taken yet. For the writer. */
  long word(long record, int word) {
    return words[(int) (record & RECORDS - 1) * WORDS + word];
  }

  /** Gives back the room of all records before one. For the writer. */
  void take(long end) {
    TAKEN.setRelease(this, end);
  }
}
