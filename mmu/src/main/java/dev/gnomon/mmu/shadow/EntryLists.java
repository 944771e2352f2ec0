package dev.gnomon.mmu.shadow;

import java.util.Arrays;

/**
 * Sets of entries, by their addresses, each behind one word, its head: 0 for the empty set, the
 * address of the only entry, or a list. Who keeps a head puts back what a method here returns.
 *
 * <p>A list is a chain of blocks of 14 entries; only the first may have room. A new entry goes to
 * the end of the first block, or of a new one before it. One that is removed leaves its place to
 * the last of the first block. So adding is cheap, and few lists need more than one block.
 *
 * <pre>
 *  head     bits 63:3 of an entry's address, or 63:8 the number of a block
 *           bit 0: it is a block
 *  cursor   a head, with an index into the block in bits 7:4
 * </pre>
 *
 * <p>Under the MMU lock for writing.
 */
final class EntryLists {
  /** The head of the empty set. */
  static final long EMPTY = 0;

  /** Where a cursor is that has passed the last entry. */
  static final long END = 0;

  /** The entries of a block. */
  static final int BLOCK = 14;

  private static final long IS_LIST = 1;
  private static final int NUMBER_SHIFT = 8;
  private static final int INDEX_SHIFT = 4;
  private static final int INDEX_MASK = 0xf;
  private static final int NONE = -1;

  private long[][] entries = new long[16][];
  private int[] counts = new int[16];
  private int[] nexts = new int[16];

  /** How many entries the blocks after this one hold. */
  private int[] tails = new int[16];

  private int used;
  private int free = NONE;

  /** Adds an entry that is not in the set. */
  long add(long head, long sptep) {
    if (head == EMPTY) {
      return sptep;
    }
    if (!isList(head)) {
      int block = take(NONE, 0);
      put(block, head);
      put(block, sptep);
      return list(block);
    }
    int block = block(head);
    if (counts[block] == BLOCK) {
      block = take(block, tails[block] + BLOCK);
    }
    put(block, sptep);
    return list(block);
  }

  /**
   * Removes an entry.
   *
   * @throws IllegalStateException if it is not in the set
   */
  long remove(long head, long sptep) {
    if (!isList(head)) {
      if (head != sptep) {
        throw missing(sptep);
      }
      return EMPTY;
    }
    int first = block(head);
    for (int block = first; block != NONE; block = nexts[block]) {
      for (int i = 0; i < counts[block]; i++) {
        if (entries[block][i] == sptep) {
          entries[block][i] = entries[first][--counts[first]];
          return counts[first] > 0 ? head : dropFirst(first);
        }
      }
    }
    throw missing(sptep);
  }

  private long dropFirst(int first) {
    int next = nexts[first];
    giveBack(first);
    return next == NONE ? EMPTY : list(next);
  }

  private static IllegalStateException missing(long sptep) {
    return new IllegalStateException("no link from the entry at " + Long.toHexString(sptep));
  }

  /** Gives back the blocks of a set that is forgotten. */
  void clear(long head) {
    if (isList(head)) {
      int block = block(head);
      while (block != NONE) {
        int next = nexts[block];
        giveBack(block);
        block = next;
      }
    }
  }

  /** How many entries a set has. */
  int count(long head) {
    if (!isList(head)) {
      return head == EMPTY ? 0 : 1;
    }
    return counts[block(head)] + tails[block(head)];
  }

  /** The entries of a set, the newest block first. */
  long[] toArray(long head) {
    long[] all = new long[count(head)];
    if (!isList(head)) {
      Arrays.fill(all, head);
      return all;
    }
    int at = 0;
    for (int block = block(head); block != NONE; block = nexts[block]) {
      System.arraycopy(entries[block], 0, all, at, counts[block]);
      at += counts[block];
    }
    return all;
  }

  /**
   * A cursor at the first entry of a set, or {@link #END}. It is good until the set changes, and
   * goes in the order of {@link #toArray}.
   */
  long begin(long head) {
    return isList(head) ? cursor(block(head), 0) : head;
  }

  /** The entry at a cursor that is not at the end. */
  long entry(long cursor) {
    return isList(cursor) ? entries[block(cursor)][index(cursor)] : cursor;
  }

  /** The cursor at the next entry, or {@link #END}. */
  long next(long cursor) {
    if (!isList(cursor)) {
      return END;
    }
    int block = block(cursor);
    int index = index(cursor) + 1;
    if (index < counts[block]) {
      return cursor(block, index);
    }
    return nexts[block] == NONE ? END : cursor(nexts[block], 0);
  }

  /** Any one entry of a set that is not empty: the first. */
  long first(long head) {
    return isList(head) ? entries[block(head)][0] : head;
  }

  /** How many blocks are in use. */
  int blocks() {
    int blocks = used;
    for (int block = free; block != NONE; block = nexts[block]) {
      blocks--;
    }
    return blocks;
  }

  private void put(int block, long sptep) {
    entries[block][counts[block]++] = sptep;
  }

  private int take(int next, int tail) {
    int block = free;
    if (block == NONE) {
      if (used == counts.length) {
        grow();
      }
      block = used++;
      entries[block] = new long[BLOCK];
    } else {
      free = nexts[block];
    }
    counts[block] = 0;
    nexts[block] = next;
    tails[block] = tail;
    return block;
  }

  private void giveBack(int block) {
    nexts[block] = free;
    free = block;
  }

  private void grow() {
    int size = 2 * counts.length;
    entries = Arrays.copyOf(entries, size);
    counts = Arrays.copyOf(counts, size);
    nexts = Arrays.copyOf(nexts, size);
    tails = Arrays.copyOf(tails, size);
  }

  private static boolean isList(long head) {
    return (head & IS_LIST) != 0;
  }

  private static int block(long head) {
    return (int) (head >>> NUMBER_SHIFT);
  }

  private static int index(long cursor) {
    return (int) cursor >>> INDEX_SHIFT & INDEX_MASK;
  }

  private static long cursor(int block, int index) {
    return list(block) | (long) index << INDEX_SHIFT;
  }

  private static long list(int block) {
    return (long) block << NUMBER_SHIFT | IS_LIST;
  }
}
