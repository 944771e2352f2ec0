package dev.gnomon.checker.race;

import java.util.concurrent.atomic.AtomicLong;

/**
 * A range of numbers that one detector has alone: for its clocks, and for its vectors of reads.
 *
 * <p>Shadows lie in the objects that they are about, and some objects outlive an execution, or are
 * seen by several detectors. With numbers that nobody else uses, a shadow that another execution
 * wrote is recognised by its number alone, and none is ever cleared.
 *
 * @param start the first number; never 0
 * @param end after the last
 */
record Block(long start, long end) {
  private static final int BITS = 30;

  /** No block, to begin with. */
  static final Block EMPTY = new Block(1, 1);

  /** What must be left of a block when an execution begins: no execution uses as many. */
  private static final long MOST_PER_EXECUTION = 1L << BITS - 2;

  /** How many there are before the first is used again, long after its objects are gone. */
  private static final long COUNT = 1L << Epoch.CLOCK_BITS - BITS;

  /** Static, as the objects that carry the numbers are shared by the whole process. */
  private static final AtomicLong TAKEN = new AtomicLong();

  /** This block, if an execution can begin at {@code next}; a new one if too little is left. */
  Block orNext(long next) {
    if (end - next >= MOST_PER_EXECUTION) {
      return this;
    }
    long newStart = TAKEN.getAndIncrement() % COUNT << BITS;
    return new Block(newStart + 2, newStart + (1L << BITS));
  }

  /** Whether a number is one of these, and not below {@code first}. */
  boolean hasFrom(long first, long number) {
    return number >= first && number < end;
  }
}
