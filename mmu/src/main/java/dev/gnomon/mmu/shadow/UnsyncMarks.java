package dev.gnomon.mmu.shadow;

import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Which pages may be out of step with the guest's tables: a mark on the page itself (level 1 only),
 * and on every page above it the number of its entries that lead to one, with a bit for each.
 *
 * <p>Mark and number are words of the port, because a vCPU that loads CR3 looks without the lock
 * whether its root has anything to synchronise. Who makes a page unsync marks it, then every page
 * above it, and only then lets the guest's table become writable: whoever sees a change of that
 * table also sees the marks. {@link UnsyncOrderRule} can have it the other way round.
 *
 * <p>Beside them lies a third word of the page: how often it was written since it was used.
 *
 * <p>Changed under the MMU lock for writing.
 */
final class UnsyncMarks {
  /** How many pages a sync looks at before it works on those that it has found. */
  private static final int BATCH = 16;

  /** Of a page's words, the one that counts emulated writes since it was used. */
  static final int FLOODING = 2;

  private static final int PAGES_PER_CHUNK = 64;
  private static final int WORDS = 3;
  private static final int CHILDREN = 1;

  private final Platform platform;
  private final PageStore pages;
  private final EntryLists lists;
  private final UnsyncOrderRule order;
  private final Deque<Place> free = new ArrayDeque<>();

  /** To be marked when the entry is there that makes their table writable. */
  private final List<MmuPage> owed = new ArrayList<>();

  UnsyncMarks(Platform platform, PageStore pages, EntryLists lists, UnsyncOrderRule order) {
    this.platform = platform;
    this.pages = pages;
    this.lists = lists;
    this.order = order;
  }

  /** The words of one page. */
  record Place(SharedWords words, int index) {}

  /** Words for a new page, all 0. */
  Place take() {
    if (free.isEmpty()) {
      SharedWords chunk = platform.newWords(PAGES_PER_CHUNK * WORDS);
      for (int i = 0; i < PAGES_PER_CHUNK; i++) {
        free.add(new Place(chunk, i * WORDS));
      }
    }
    return free.remove();
  }

  /** Takes the words of a page back that is in step, and has no child that is not. */
  void giveBack(MmuPage page) {
    page.used();
    free.addFirst(new Place(page.marks, page.mark));
  }

  /** Whether the guest's table of a page may have changed. At any time. */
  static boolean isUnsync(MmuPage page) {
    return page.marks.get(page.mark) != 0;
  }

  /** How many entries of a page lead to unsync pages. At any time. */
  static int children(MmuPage page) {
    return (int) page.marks.get(page.mark + CHILDREN);
  }

  /** Whether a page or one below it is unsync. At any time. */
  static boolean hasUnsync(MmuPage page) {
    return isUnsync(page) || children(page) != 0;
  }

  /** Whether an entry is known to lead to an unsync page. */
  static boolean leadsToUnsync(MmuPage page, int index) {
    long[] bits = page.unsyncEntries;
    return bits != null && (bits[index / Long.SIZE] & 1L << index) != 0;
  }

  /** The table of a page is about to become writable: marks the page, if that comes first. */
  void expectWritable(MmuPage page) {
    if (order.marksFirst()) {
      mark(page);
    } else {
      owed.add(page);
    }
  }

  /** The entry that makes a table writable is there: marks what was not marked before. */
  void becameWritable() {
    owed.forEach(this::mark);
    owed.clear();
  }

  /** A page becomes unsync. */
  void mark(MmuPage page) {
    page.marks.set(page.mark, 1);
    if (children(page) == 0) {
      markParents(page);
    }
  }

  /**
   * A page is about to be compared with the guest's table. What is above it still says that there
   * is something to synchronise: a vCPU that looks at its root without the lock must not go on
   * before the comparison is done.
   */
  void compares(MmuPage page) {
    page.marks.set(page.mark, 0);
  }

  /** A page that was to be compared is in step, or has gone. */
  void compared(MmuPage page) {
    if (children(page) == 0) {
      unmarkParents(page);
    }
  }

  /** An unsync page goes. */
  void unmark(MmuPage page) {
    compares(page);
    compared(page);
  }

  /** An entry now points at a page. */
  void linked(long sptep, MmuPage child) {
    if (hasUnsync(child)) {
      markEntry(sptep);
    }
  }

  /** An entry points at its page no longer. */
  void unlinked(long sptep) {
    MmuPage parent = pages.ofEntry(sptep);
    if (leadsToUnsync(parent, MmuPage.index(sptep))) {
      unmarkEntry(sptep);
    }
  }

  private void markParents(MmuPage page) {
    for (long at = lists.begin(page.parents); at != EntryLists.END; at = lists.next(at)) {
      markEntry(lists.entry(at));
    }
  }

  private void unmarkParents(MmuPage page) {
    for (long at = lists.begin(page.parents); at != EntryLists.END; at = lists.next(at)) {
      unmarkEntry(lists.entry(at));
    }
  }

  private void markEntry(long sptep) {
    MmuPage parent = pages.ofEntry(sptep);
    int index = MmuPage.index(sptep);
    if (leadsToUnsync(parent, index)) {
      return;
    }
    parent.unsyncEntries[index / Long.SIZE] |= 1L << index;
    boolean isFirst = !hasUnsync(parent);
    parent.marks.set(parent.mark + CHILDREN, children(parent) + 1L);
    if (isFirst) {
      markParents(parent);
    }
  }

  private void unmarkEntry(long sptep) {
    MmuPage parent = pages.ofEntry(sptep);
    int index = MmuPage.index(sptep);
    if (!leadsToUnsync(parent, index)) {
      throw new IllegalStateException(
          "entry " + index + " of " + parent + " leads to no unsync page");
    }
    parent.unsyncEntries[index / Long.SIZE] &= ~(1L << index);
    parent.marks.set(parent.mark + CHILDREN, children(parent) - 1L);
    if (!hasUnsync(parent)) {
      unmarkParents(parent);
    }
  }

  /** The unsync pages below a page, in the order of the entries that lead to them, each once. */
  List<MmuPage> below(MmuPage top, EntryReader entries) {
    return children(top) == 0 ? List.of() : new Search(entries, Integer.MAX_VALUE).below(top);
  }

  /** As {@link #below}, but only the first: {@link #BATCH} pages with those on the way to them. */
  List<MmuPage> batchBelow(MmuPage top, EntryReader entries) {
    return children(top) == 0 ? List.of() : new Search(entries, BATCH).below(top);
  }

  /** Finds the page that an entry points at. */
  @FunctionalInterface
  interface EntryReader {
    MmuPage child(long sptep);
  }

  /** A walk down to unsync pages, over no more pages than a number. */
  private static final class Search {
    private final EntryReader entries;
    private final List<MmuPage> found = new ArrayList<>();
    private final Set<MmuPage> seen = new HashSet<>();
    private int left;

    Search(EntryReader entries, int most) {
      this.entries = entries;
      left = most - 1;
    }

    List<MmuPage> below(MmuPage top) {
      collect(top);
      return found;
    }

    private void collect(MmuPage page) {
      if (children(page) == 0) {
        return;
      }
      int i = nextUnsync(page, 0);
      for (; i < PageLevel.ENTRIES && left > 0; i = nextUnsync(page, i + 1)) {
        MmuPage child = entries.child(page.sptep(i));
        if (seen.add(child)) {
          left--;
          collect(child);
          if (isUnsync(child)) {
            found.add(child);
          }
        }
      }
    }

    /** The first entry from one on that leads to an unsync page, or the number of entries. */
    private static int nextUnsync(MmuPage page, int from) {
      long[] bits = page.unsyncEntries;
      for (int at = from; bits != null && at < PageLevel.ENTRIES; ) {
        long rest = bits[at / Long.SIZE] >>> at;
        if (rest != 0) {
          return at + Long.numberOfTrailingZeros(rest);
        }
        at = (at | Long.SIZE - 1) + 1;
      }
      return PageLevel.ENTRIES;
    }
  }
}
