package dev.gnomon.mmu.shadow;

import dev.gnomon.mmu.slot.Memslot;
import dev.gnomon.mmu.slot.ReverseMapHeads;

/**
 * For each page of guest memory, of each size, the entries that map it. An entry is here if and
 * only if it is a shadow-present leaf of an existing page, and then once.
 *
 * <p>Under the MMU lock for writing.
 */
final class ReverseMap {
  private final EntryLists lists;

  ReverseMap(EntryLists lists) {
    this.lists = lists;
  }

  /** Enters a leaf; returns how many there were before. */
  int add(Memslot slot, long gfn, int level, long sptep) {
    ReverseMapHeads heads = heads(slot);
    long head = heads.get(gfn, level);
    int before = lists.count(head);
    heads.set(gfn, level, lists.add(head, sptep));
    return before;
  }

  /** Removes a leaf. */
  void remove(Memslot slot, long gfn, int level, long sptep) {
    ReverseMapHeads heads = heads(slot);
    heads.set(gfn, level, lists.remove(heads.get(gfn, level), sptep));
  }

  /** Whether a slot has reverse maps at all; if not, nothing of the shadow MMU maps it. */
  static boolean isKept(Memslot slot) {
    return slot.reverseMap() != null;
  }

  /** Whether nothing of a level maps a page. */
  boolean isEmpty(Memslot slot, long gfn, int level) {
    return !isKept(slot) || heads(slot).get(gfn, level) == EntryLists.EMPTY;
  }

  /** A cursor at the first leaf that maps a page, as in {@link EntryLists#begin}. */
  long begin(Memslot slot, long gfn, int level) {
    return lists.begin(heads(slot).get(gfn, level));
  }

  /** The leaf at a cursor. */
  long entry(long cursor) {
    return lists.entry(cursor);
  }

  /** The cursor at the next leaf that maps the page, or {@link EntryLists#END}. */
  long next(long cursor) {
    return lists.next(cursor);
  }

  /** The leaves that map a page, as they are now. */
  long[] entries(Memslot slot, long gfn, int level) {
    return lists.toArray(heads(slot).get(gfn, level));
  }

  /** Forgets all leaves that map a page. */
  void removeAll(Memslot slot, long gfn, int level) {
    ReverseMapHeads heads = heads(slot);
    lists.clear(heads.get(gfn, level));
    heads.set(gfn, level, EntryLists.EMPTY);
  }

  private static ReverseMapHeads heads(Memslot slot) {
    ReverseMapHeads heads = slot.reverseMap();
    if (heads == null) {
      throw new IllegalStateException(slot + " has no reverse map");
    }
    return heads;
  }
}
