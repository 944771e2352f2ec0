package dev.gnomon.machine.fuzz;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
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
  private static final int NONE = -1;
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final long[] words;
  private final boolean[] isTouched;

  /** By word, its latest change. */
  private final int[] latest;

  // By change: the word, what it held before, when that ended, the change of the word before.
  private int[] changed = new int[CAPACITY];
  private long[] old = new long[CAPACITY];
  private int[] times = new int[CAPACITY];
  private int[] previous = new int[CAPACITY];
  private int changes;
  private int time;

  Mirror(int pages) {
    words = new long[pages * WORDS];
    latest = new int[pages * WORDS];
    isTouched = new boolean[pages];
    for (int word = 0; word < words.length; word++) {
      words[word] = initial(word);
    }
    Arrays.fill(latest, NONE);
  }

  /** What a word holds at first: in the middle of each page lies the page's number. */
  static long initial(int word) {
    int offset = word % WORDS;
    boolean isMark = offset >= MARKS && offset < MARKS + MARKED;
    return isMark ? 0x5a00_0000_0000_0000L | (long) word << 8 | 0xf0 : 0;
  }

  /** Is told words. */
  interface Words {
    void add(int word);
  }

  /** Back to the beginning; tells each word that was not as it was there. */
  void reset(Words reset) {
    for (int i = 0; i < changes; i++) {
      int word = changed[i];
      latest[word] = NONE;
      isTouched[word / WORDS] = false;
      if (words[word] != initial(word)) {
        words[word] = initial(word);
        reset.add(word);
      }
    }
    changes = 0;
    time = 0;
  }

  int pages() {
    return isTouched.length;
  }

  /** Whether a page was changed. */
  boolean isTouched(int page) {
    return isTouched[page];
  }

  long get(int word) {
    return words[word];
  }

  /** The first word of a page that holds something else in the bytes, or -1. */
  int firstDifference(int page, byte[] bytes) {
    int first = page * WORDS;
    for (int i = 0; i < WORDS; i++) {
      if ((long) LONGS.get(bytes, i * Long.BYTES) != words[first + i]) {
        return first + i;
      }
    }
    return NONE;
  }

  /** Changes a word, and remembers what it held. */
  void set(int word, long value) {
    isTouched[word / WORDS] = true;
    if (changes == times.length) {
      changed = Arrays.copyOf(changed, 2 * changes);
      old = Arrays.copyOf(old, 2 * changes);
      times = Arrays.copyOf(times, 2 * changes);
      previous = Arrays.copyOf(previous, 2 * changes);
    }
    changed[changes] = word;
    old[changes] = words[word];
    times[changes] = tick();
    previous[changes] = latest[word];
    latest[word] = changes;
    changes++;
    words[word] = value;
  }

  /** Lets time pass; returns the time. */
  int tick() {
    return ++time;
  }

  /** The latest change of a word after a time, or -1. */
  int latest(int word, int after) {
    return since(latest[word], after);
  }

  /** The change of the same word before that one, after a time, or -1. */
  int before(int change, int after) {
    return since(previous[change], after);
  }

  private int since(int change, int after) {
    return change >= 0 && times[change] > after ? change : NONE;
  }

  /** What the word held until a change. */
  long old(int change) {
    return old[change];
  }
}
