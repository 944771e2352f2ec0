package dev.gnomon.mmu.table;

import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.config.Statistics;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.sync.SpinLock;
import dev.gnomon.mmu.sync.Synchronization;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * All pages of entries of a VM, by their frame; and those among them that the NX mitigation keeps
 * where a large page would do.
 *
 * <p>Any CPU may call at any time: everything here is under the pages lock, a short one. No fault
 * takes it unless it makes or removes a table.
 */
public final class ShadowPages {
  private final Statistics statistics;
  private final SpinLock pagesLock;
  private final Map<Long, ShadowPage> byPfn = new HashMap<>();
  private final Set<ShadowPage> nxDisallowed = new LinkedHashSet<>();

  public ShadowPages(Synchronization synchronization, Statistics statistics) {
    this.statistics = statistics;
    pagesLock = synchronization.spinLock();
  }

  /** Enters a page that is not linked yet. */
  public void add(Cpu cpu, ShadowPage page) {
    pagesLock.lock(cpu);
    ShadowPage twin = byPfn.putIfAbsent(page.pfn(), page);
    pagesLock.unlock(cpu);
    if (twin != null) {
      throw new IllegalStateException(page + " is entered while its frame is " + twin);
    }
    statistics.count(cpu, Stat.MMU_PAGE_TABLES);
  }

  /** Removes a page that is no longer linked, and returns what it was. */
  public ShadowPage remove(Cpu cpu, long pfn) {
    pagesLock.lock(cpu);
    ShadowPage page = byPfn.remove(pfn);
    boolean wasDisallowed = page != null && nxDisallowed.remove(page);
    pagesLock.unlock(cpu);
    if (page == null) {
      throw new IllegalStateException("no shadow page at pfn " + Long.toHexString(pfn));
    }
    statistics.add(cpu, Stat.MMU_PAGE_TABLES, -1);
    if (wasDisallowed) {
      statistics.add(cpu, Stat.NX_LPAGE_SPLITS, -1);
    }
    return page;
  }

  /** The page at a frame, or null. */
  public @Nullable ShadowPage find(Cpu cpu, long pfn) {
    pagesLock.lock(cpu);
    ShadowPage page = byPfn.get(pfn);
    pagesLock.unlock(cpu);
    return page;
  }

  /** How many pages there are. */
  public int size(Cpu cpu) {
    pagesLock.lock(cpu);
    int size = byPfn.size();
    pagesLock.unlock(cpu);
    return size;
  }

  /** Notes that a page stands where only the NX mitigation forbids a large one. */
  public void setNxDisallowed(Cpu cpu, ShadowPage page) {
    pagesLock.lock(cpu);
    nxDisallowed.add(page);
    pagesLock.unlock(cpu);
    statistics.count(cpu, Stat.NX_LPAGE_SPLITS);
  }

  /** Whether the page at a frame is kept split by the NX mitigation. */
  public boolean isNxDisallowed(Cpu cpu, long pfn) {
    pagesLock.lock(cpu);
    ShadowPage page = byPfn.get(pfn);
    boolean isDisallowed = page != null && nxDisallowed.contains(page);
    pagesLock.unlock(cpu);
    return isDisallowed;
  }

  /** The oldest {@code limit} pages that the NX mitigation keeps split. */
  public List<ShadowPage> oldestNxDisallowed(Cpu cpu, int limit) {
    pagesLock.lock(cpu);
    List<ShadowPage> oldest = new ArrayList<>(nxDisallowed.stream().limit(limit).toList());
    pagesLock.unlock(cpu);
    return oldest;
  }
}
