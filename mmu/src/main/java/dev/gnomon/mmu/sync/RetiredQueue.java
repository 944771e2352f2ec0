package dev.gnomon.mmu.sync;

import java.util.Arrays;

/** A growing ring of (epoch, thing), oldest first. Owned by one CPU. */
final class RetiredQueue {
  private long[] entries = new long[32];
  private int first;
  private int size;

  boolean isEmpty() {
    return size == 0;
  }

  int size() {
    return size;
  }

  void add(long epoch, long thing) {
    if (2 * size == entries.length) {
      grow();
    }
    int at = 2 * (first + size) & entries.length - 1;
    entries[at] = epoch;
    entries[at + 1] = thing;
    size++;
  }

  long firstEpoch() {
    return entries[2 * first];
  }

  long removeFirst() {
    long thing = entries[2 * first + 1];
    first = first + 1 & entries.length / 2 - 1;
    size--;
    return thing;
  }

  private void grow() {
    long[] old = entries;
    entries = Arrays.copyOf(old, 2 * old.length);
    System.arraycopy(old, 2 * first, entries, 0, old.length - 2 * first);
    System.arraycopy(old, 0, entries, old.length - 2 * first, 2 * first);
    first = 0;
  }
}
