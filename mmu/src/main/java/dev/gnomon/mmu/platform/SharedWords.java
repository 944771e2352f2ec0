package dev.gnomon.mmu.platform;

/**
 * An array of 64-bit words that CPUs share and that is not in physical memory: locks, requests,
 * modes, bitmaps, reverse-map heads.
 *
 * <p>{@link #get} is an acquire load and {@link #set} a release store; every read-modify-write is a
 * full barrier. An index outside the array throws {@link IndexOutOfBoundsException}.
 */
public abstract class SharedWords {

  /**
   * Words per cache line pair: neighbours at this distance never share a line, prefetching
   * included.
   */
  public static final int STRIDE = 16;

  /** The number of words. */
  public abstract int length();

  /** Loads a word, with acquire ordering. */
  public abstract long get(int index);

  /** Stores a word, with release ordering. */
  public abstract void set(int index, long value);

  /**
   * Stores {@code value} if the word holds {@code expected}.
   *
   * @return what the word held; equal to {@code expected} if and only if the store was made
   */
  public abstract long compareAndExchange(int index, long expected, long value);

  /** Exchanges a word; returns what it held. */
  public abstract long getAndSet(int index, long value);

  /** Adds to a word; returns what it held. */
  public abstract long getAndAdd(int index, long delta);

  /** Ands a word with {@code mask}; returns what it held. */
  public abstract long getAndAnd(int index, long mask);

  /** Ors a word with {@code mask}; returns what it held. */
  public abstract long getAndOr(int index, long mask);
}
