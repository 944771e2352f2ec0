package dev.gnomon.mmu.shadow;

import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.config.Statistics;
import dev.gnomon.mmu.platform.Cpu;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All pages of the shadow MMU: by frame, by gfn (the newest first), and the active ones in the
 * order in which they were made. A page that was zapped while it is a root is no longer active, and
 * no longer found by its gfn.
 *
 * <p>Under the MMU lock for writing.
 */
final class PageStore {
  private final Statistics statistics;
  private final PageMap byPfn = new PageMap();

  /** The newest page of each gfn that has any. */
  private final PageMap byGfn = new PageMap();

  private @Nullable MmuPage newest;
  private @Nullable MmuPage oldest;
  private int indirect;

  PageStore(Statistics statistics) {
    this.statistics = statistics;
  }

  /** Enters a new page that is found by its frame alone, and is never active. */
  void addLocal(Cpu cpu, MmuPage page) {
    if (byPfn.put(page.pfn(), page) != null) {
      throw new IllegalStateException(page + " is entered while its frame is in use");
    }
    statistics.count(cpu, Stat.MMU_PAGE_TABLES);
  }

  /** Enters a new page, active. */
  void add(Cpu cpu, MmuPage page) {
    addLocal(cpu, page);
    page.nextOfGfn = byGfn.put(page.gfn(), page);
    page.older = newest;
    if (newest == null) {
      oldest = page;
    } else {
      newest.newer = page;
    }
    newest = page;
    indirect += page.isDirect() ? 0 : 1;
  }

  /** Takes a page out of the active ones: it is found no more, but by its frame. */
  void retire(MmuPage page) {
    MmuPage newer = page.newer;
    MmuPage older = page.older;
    if (newer == null) {
      newest = older;
    } else {
      newer.older = older;
    }
    if (older == null) {
      oldest = newer;
    } else {
      older.newer = newer;
    }
    page.newer = null;
    page.older = null;
    unhash(page);
    indirect -= page.isDirect() ? 0 : 1;
  }

  private void unhash(MmuPage page) {
    MmuPage first = byGfn.get(page.gfn());
    if (first == page) {
      if (page.nextOfGfn == null) {
        byGfn.remove(page.gfn());
      } else {
        byGfn.put(page.gfn(), page.nextOfGfn);
      }
    } else {
      MmuPage before = first;
      while (before != null && before.nextOfGfn != page) {
        before = before.nextOfGfn;
      }
      if (before == null) {
        throw new IllegalStateException(page + " is not among the pages of its gfn");
      }
      before.nextOfGfn = page.nextOfGfn;
    }
    page.nextOfGfn = null;
  }

  /** Forgets a retired page altogether: its frame is about to be freed. */
  void forget(Cpu cpu, MmuPage page) {
    if (byPfn.remove(page.pfn()) != page) {
      throw new IllegalStateException(page + " is not known");
    }
    statistics.add(cpu, Stat.MMU_PAGE_TABLES, -1);
  }

  /**
   * The page at a frame.
   *
   * @throws IllegalStateException if there is none
   */
  MmuPage at(long pfn) {
    MmuPage page = byPfn.get(pfn);
    if (page == null) {
      throw new IllegalStateException("no shadow page at pfn " + Long.toHexString(pfn));
    }
    return page;
  }

  /** The page at a frame, or null. */
  @Nullable MmuPage find(long pfn) {
    return byPfn.get(pfn);
  }

  /** The page that holds the entry at an address. */
  MmuPage ofEntry(long sptep) {
    return at(sptep >>> 12);
  }

  /** The newest page of a gfn; the others follow. */
  @Nullable MmuPage ofGfn(long gfn) {
    return byGfn.get(gfn);
  }

  /** The indirect pages of a gfn, the newest first, as they are now. */
  List<MmuPage> indirectOfGfn(long gfn) {
    List<MmuPage> pages = new ArrayList<>();
    for (MmuPage page = byGfn.get(gfn); page != null; page = page.nextOfGfn) {
      if (!page.isDirect()) {
        pages.add(page);
      }
    }
    return pages;
  }

  /** The page made last. */
  @Nullable MmuPage newest() {
    return newest;
  }

  /** The page made first. */
  @Nullable MmuPage oldest() {
    return oldest;
  }

  /** How many active pages shadow tables of the guest. */
  int indirect() {
    return indirect;
  }

  /** How many pages there are, roots that are no longer active too. */
  int size() {
    return byPfn.size();
  }

  /** Every page. */
  Iterable<MmuPage> all() {
    return byPfn.values();
  }
}
