package dev.gnomon.machine.thread;

import dev.gnomon.mmu.platform.SharedWords;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** Shared words in an array. A get is a bounds check and a load. */
final class ThreadWords extends SharedWords {
  private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);

  private final long[] words;

  ThreadWords(int count) {
    words = new long[count];
  }

  @Override
  public int length() {
    return words.length;
  }

  @Override
  public long get(int index) {
    return (long) WORD.getAcquire(words, index);
  }

  @Override
  public void set(int index, long value) {
    WORD.setRelease(words, index, value);
  }

  @Override
  public long compareAndExchange(int index, long expected, long value) {
    return (long) WORD.compareAndExchange(words, index, expected, value);
  }

  @Override
  public long getAndSet(int index, long value) {
    return (long) WORD.getAndSet(words, index, value);
  }

  @Override
  public long getAndAdd(int index, long delta) {
    return (long) WORD.getAndAdd(words, index, delta);
  }

  @Override
  public long getAndAnd(int index, long mask) {
    return (long) WORD.getAndBitwiseAnd(words, index, mask);
  }

  @Override
  public long getAndOr(int index, long mask) {
    return (long) WORD.getAndBitwiseOr(words, index, mask);
  }
}
