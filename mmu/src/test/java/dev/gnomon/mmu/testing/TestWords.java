package dev.gnomon.mmu.testing;

import dev.gnomon.mmu.platform.SharedWords;

/** Shared words of a platform of one thread. */
final class TestWords extends SharedWords {
  private final long[] words;

  TestWords(int count) {
    words = new long[count];
  }

  @Override
  public int length() {
    return words.length;
  }

  @Override
  public long get(int index) {
    return words[index];
  }

  @Override
  public void set(int index, long value) {
    words[index] = value;
  }

  @Override
  public long compareAndExchange(int index, long expected, long value) {
    return getAndSet(index, words[index] == expected ? value : words[index]);
  }

  @Override
  public long getAndSet(int index, long value) {
    long old = words[index];
    words[index] = value;
    return old;
  }

  @Override
  public long getAndAdd(int index, long delta) {
    return getAndSet(index, words[index] + delta);
  }

  @Override
  public long getAndAnd(int index, long mask) {
    return getAndSet(index, words[index] & mask);
  }

  @Override
  public long getAndOr(int index, long mask) {
    return getAndSet(index, words[index] | mask);
  }
}
