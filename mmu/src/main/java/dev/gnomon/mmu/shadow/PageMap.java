package dev.gnomon.mmu.shadow;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Pages by a number, a pfn or a gfn: a hash table with linear probing, at most half full, that
 * allocates only when it grows. Who is removed leaves no gap behind: what was pushed past it moves
 * up.
 *
 * <p>Under the MMU lock for writing.
 */
final class PageMap {
  private static final int INITIAL = 32;

  /** 2^64 divided by the golden ratio: neighbours are spread. Knuth, TAOCP vol. 3, 6.4. */
  private static final long MULTIPLIER = 0x9e37_79b9_7f4a_7c15L;

  private long[] keys = new long[INITIAL];
  private @Nullable MmuPage[] pages = new MmuPage[INITIAL];
  private int shift = Long.SIZE - Integer.numberOfTrailingZeros(INITIAL);
  private int size;

  /** How many keys there are. */
  int size() {
    return size;
  }

  /** The page of a key, or null. */
  @Nullable MmuPage get(long key) {
    return pages[place(key)];
  }

  /** Enters a page, or replaces the one of the same key; returns that one, or null. */
  @Nullable MmuPage put(long key, MmuPage page) {
    int at = place(key);
    MmuPage old = pages[at];
    keys[at] = key;
    pages[at] = page;
    if (old == null && ++size > pages.length / 2) {
      grow();
    }
    return old;
  }

  /** Removes a key; returns its page, or null. */
  @Nullable MmuPage remove(long key) {
    int gap = place(key);
    MmuPage removed = pages[gap];
    if (removed == null) {
      return null;
    }
    size--;
    int mask = pages.length - 1;
    int at = gap;
    while (true) {
      at = at + 1 & mask;
      if (pages[at] == null) {
        pages[gap] = null;
        return removed;
      }
      // It may move to the gap unless its own place lies behind it.
      if ((at - home(keys[at]) & mask) >= (at - gap & mask)) {
        keys[gap] = keys[at];
        pages[gap] = pages[at];
        gap = at;
      }
    }
  }

  /** All pages, in no order. */
  List<MmuPage> values() {
    List<MmuPage> all = new ArrayList<>(size);
    for (MmuPage page : pages) {
      if (page != null) {
        all.add(page);
      }
    }
    return all;
  }

  /** Where a key is, or would be entered. */
  private int place(long key) {
    int mask = pages.length - 1;
    int at = home(key);
    while (pages[at] != null && keys[at] != key) {
      at = at + 1 & mask;
    }
    return at;
  }

  private int home(long key) {
    return (int) (key * MULTIPLIER >>> shift);
  }

  private void grow() {
    long[] oldKeys = keys;
    @Nullable MmuPage[] oldPages = pages;
    keys = new long[2 * oldKeys.length];
    pages = new MmuPage[keys.length];
    shift--;
    for (int i = 0; i < oldPages.length; i++) {
      if (oldPages[i] != null) {
        int at = place(oldKeys[i]);
        keys[at] = oldKeys[i];
        pages[at] = oldPages[i];
      }
    }
  }
}
