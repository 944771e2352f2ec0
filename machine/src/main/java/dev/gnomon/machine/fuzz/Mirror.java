package dev.gnomon.machine.fuzz;

import java.util.Arrays;

/**
 * What guest memory must hold, and every value that a word has had in the script under way: what a
 * processor may still have cached. Pages are numbered as they were made; where the guest sees them
 * is the slots' business. Time is counted in changes.
 */
final class Mirror {
  static final int WORDS = 512;
  private static final int MARKS = 0x800 / 8;
  private static final int MARKED = 8;
  private static final int CAPACITY = 1 << 12;

  private final long[] words;
  private final boolean[] isTouched;
  private int[] changedWords = new int[CAPACITY];
  private long[] oldValues = new long[CAPACITY];
  private int[] times = new int[CAPACITY];
  private int changes;
  private int time;

  Mirror(int pages) {
    words = new long[pages * WORDS];
    isTouched = new boolean[pages];
    for (int page = 0; page < pages; page++) {
      reset(page);
    }
  }

  /** What a word holds at first: in the middle of each page lies the page's number. */
  static long initial(int word) {
    int offset = word % WORDS;
    boolean isMark = offset >= MARKS && offset < MARKS + MARKED;
    return isMark ? 0x5a00_0000_0000_0000L | (long) word << 8 | 0xf0 : 0;
  }

  private void reset(int page) {
    for (int i = 0; i < WORDS; i++) {
      words[page * WORDS + i] = initial(page * WORDS + i);
    }
    isTouched[page] = false;
  }

  /** Back to the beginning. */
  void reset() {
    for (int page = 0; page < isTouched.length; page++) {
      if (isTouched[page]) {
        reset(page);
      }
    }
    changes = 0;
    time = 0;
  }

  int pages() {
    return isTouched.length;
  }

  /** Whether a page is not as it was at first. */
  boolean isTouched(int page) {
    return isTouched[page];
  }

  long get(int word) {
    return words[word];
  }

  /** Changes a word, and remembers what it held. */
  void set(int word, long value) {
    isTouched[word / WORDS] = true;
    if (changes == times.length) {
      changedWords = Arrays.copyOf(changedWords, 2 * changes);
      oldValues = Arrays.copyOf(oldValues, 2 * changes);
      times = Arrays.copyOf(times, 2 * changes);
    }
    changedWords[changes] = word;
    oldValues[changes] = words[word];
    times[changes] = tick();
    changes++;
    words[word] = value;
  }

  /** Lets time pass; returns the time. */
  int tick() {
    return ++time;
  }

  /** What the values of a word are told to. */
  interface Values {
    void add(long value);
  }

  /** Tells what a word has held after a time, but for what it holds now. */
  void earlier(int word, int after, Values values) {
    for (int i = changes - 1; i >= 0 && times[i] > after; i--) {
      if (changedWords[i] == word) {
        values.add(oldValues[i]);
      }
    }
  }

  /** Whether anything has changed after a time. */
  boolean hasChangedSince(int after) {
    return changes > 0 && times[changes - 1] > after;
  }
}
