package dev.gnomon.checker.schedule;

/**
 * What a thread of a {@link ReferenceProgram} can do to what it shares. The same body runs on the
 * reference enumeration and on the explorer.
 */
interface ReferenceAccess {
  /** Loads a word. */
  long load(int word);

  /** Stores a word. */
  void store(int word, long value);

  /** Adds to a word; returns what it held. */
  long add(int word, long delta);

  /** Exchanges a word; returns what it held. */
  long exchange(int word, long value);

  /** Stores {@code value} if the word holds {@code expected}; returns what it held. */
  long compareAndExchange(int word, long expected, long value);

  /** A full fence. */
  void fence();

  /** Waits until the word no longer holds {@code seen}. */
  void await(int word, long seen);

  /** Takes a lock. */
  void lock(int lock);

  /** Leaves a lock; under TSO by a store like any other. */
  void unlock(int lock);
}
