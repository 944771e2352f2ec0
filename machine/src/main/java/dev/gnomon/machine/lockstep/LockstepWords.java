package dev.gnomon.machine.lockstep;

import dev.gnomon.mmu.platform.SharedWords;

/** Shared words of which each access is a step. A plain array: only who has the turn touches it. */
final class LockstepWords extends SharedWords {
  private final Scheduler scheduler;
  private final int id;
  private final String maker;
  private final long[] words;

  LockstepWords(Scheduler scheduler, int id, String maker, int count) {
    this.scheduler = scheduler;
    this.id = id;
    this.maker = maker;
    words = new long[count];
  }

  /** Loads a word without a step. */
  long peek(int index) {
    return words[index];
  }

  /** The word, as a number for the trace. */
  long place(int index) {
    return (long) id << Integer.SIZE | index;
  }

  @Override
  public int length() {
    return words.length;
  }

  @Override
  public long get(int index) {
    scheduler.step(Operation.LOAD, place(index));
    return words[index];
  }

  @Override
  public void set(int index, long value) {
    scheduler.step(Operation.STORE, place(index));
    words[index] = value;
  }

  @Override
  public long compareAndExchange(int index, long expected, long value) {
    long old = modify(index);
    if (old == expected) {
      words[index] = value;
    }
    return old;
  }

  @Override
  public long getAndSet(int index, long value) {
    long old = modify(index);
    words[index] = value;
    return old;
  }

  @Override
  public long getAndAdd(int index, long delta) {
    long old = modify(index);
    words[index] = old + delta;
    return old;
  }

  @Override
  public long getAndAnd(int index, long mask) {
    long old = modify(index);
    words[index] = old & mask;
    return old;
  }

  @Override
  public long getAndOr(int index, long mask) {
    long old = modify(index);
    words[index] = old | mask;
    return old;
  }

  private long modify(int index) {
    scheduler.step(Operation.READ_MODIFY_WRITE, place(index));
    return words[index];
  }

  @Override
  public String toString() {
    return "the " + words.length + " words #" + id + " of " + maker;
  }
}
