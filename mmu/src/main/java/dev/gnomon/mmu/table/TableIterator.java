package dev.gnomon.mmu.table;

import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.spte.SpteFormat;

/**
 * A walk over the entries of a page table that cover a range of gfns, parents before children, down
 * to a level. Use:
 *
 * <pre>{@code
 * for (boolean more = it.start(root, first, end, 1); more; more = it.next()) { ... it.spte() ... }
 * }</pre>
 *
 * <p>At each entry the caller may change it and, having told so by {@link #reread}, has the walk go
 * on by the new value. After the lock was dropped nothing above may be trusted: {@link #restart}
 * begins again from the root at the current entry, which is visited again, after those above it.
 *
 * <p>Tables must not be freed under the walk: it runs under the MMU lock or inside an RCU read
 * section. Owned by one CPU; reusable.
 */
public final class TableIterator {
  private final PhysicalMemory memory;
  private final int entries;
  private final long[] tables = new long[6];
  private int rootLevel;
  private int lowest;
  private long end;
  private int level;
  private long gfn;
  private long spte;

  /** Where the walk last began again, or -1. */
  private long restartedAt;

  /**
   * Makes an iterator that walks nothing yet.
   *
   * @param entries how many entries of each table are used; those beyond are passed over
   */
  public TableIterator(PhysicalMemory memory, int entries) {
    this.memory = memory;
    this.entries = entries;
  }

  /**
   * Starts at the entry of the root that covers {@code first}.
   *
   * @param end the gfn after the last; cut to what the root covers
   * @param lowestLevel the level below which the walk does not go
   * @return false if the range is empty
   */
  public boolean start(ShadowPage root, long first, long end, int lowestLevel) {
    rootLevel = root.level();
    tables[rootLevel] = root.pfn();
    lowest = lowestLevel;
    this.end = Math.min(end, PageLevel.frames(rootLevel + 1));
    if (first >= this.end) {
      return false;
    }
    level = rootLevel;
    restartedAt = -1;
    return stopAt(first) || goOn(first);
  }

  /** Goes on to the next entry; false at the end. */
  public boolean next() {
    if (level > lowest && SpteFormat.isTable(spte, level)) {
      tables[level - 1] = SpteFormat.pfn(spte);
      level--;
      if (stopAt(gfn)) {
        return true;
      }
    }
    return goOn(gfn);
  }

  /** Stops at the entry that covers a gfn, if it is one of those in use. */
  private boolean stopAt(long target) {
    if (PageLevel.indexOfFrame(target, level) >= entries) {
      return false;
    }
    moveTo(target);
    return true;
  }

  /** Goes on to the entry after the one that covers a gfn: its neighbour, or one further up. */
  private boolean goOn(long from) {
    long following = PageLevel.alignDown(from, level) + PageLevel.frames(level);
    while (following < end) {
      int index = PageLevel.indexOfFrame(following, level);
      if (index >= entries) {
        following = PageLevel.alignUp(following, level + 1);
      } else if (index == 0 && level < rootLevel) {
        level++;
      } else {
        moveTo(following);
        return true;
      }
    }
    return false;
  }

  /**
   * Whether the walk has got on since it last began again. Who drops the lock for others only then
   * cannot be kept from getting on for ever by one who does the same.
   */
  public boolean mayYield() {
    return gfn != restartedAt;
  }

  /** Begins again at the root, on the way to the current entry. */
  public void restart() {
    restartedAt = gfn;
    level = rootLevel;
    moveTo(gfn);
  }

  /** Reads the current entry again. */
  public void reread() {
    spte = memory.getLong(sptep());
  }

  private void moveTo(long target) {
    gfn = target;
    reread();
  }

  /** The first gfn, within the range, that the current entry covers. */
  public long gfn() {
    return gfn;
  }

  /** The first gfn that the current entry covers, in the range or not. */
  public long baseGfn() {
    return PageLevel.alignDown(gfn, level);
  }

  /** The level of the table that the current entry is in. */
  public int level() {
    return level;
  }

  /** The address of the current entry. */
  public long sptep() {
    return tables[level] << 12 | (long) PageLevel.indexOfFrame(gfn, level) << 3;
  }

  /** The current entry as last read. */
  public long spte() {
    return spte;
  }

  /** Whether the range covers all that the current entry does. */
  public boolean coversEntry() {
    long base = baseGfn();
    return base >= gfn && base + PageLevel.frames(level) <= end;
  }
}
