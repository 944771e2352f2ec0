package dev.gnomon.checker.report;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What frames of memory are, as far as the page tables have told so far: tables, and pages of the
 * guest. What a frame was stays known after it is no longer reachable, as that is where the
 * interesting accesses go; its next use, once it shows, replaces it.
 */
final class Landmarks {

  /**
   * A frame of a page table.
   *
   * @param level of the table
   * @param gfn the first page that it covers
   * @param isVirtual whether what it covers are gvas, not gpas: where it shadows the guest's tables
   */
  record Table(int level, long gfn, boolean isVirtual) {}

  /** Frames, from some pfn on, that hold as many pages of the guest from a gfn on. */
  private record Pages(long gfn, long count) {}

  private final Map<Long, Table> tables = new HashMap<>();
  private final TreeMap<Long, Pages> pages = new TreeMap<>();

  private final TreeSet<Long> smallPages = new TreeSet<>();

  /** The tables, and the first frames of the pages, that can be reached now. */
  private final Set<Long> reachable = new HashSet<>();

  /** Forgets what is reachable; it is told again. */
  void begin() {
    reachable.clear();
  }

  void table(long pfn, Table table) {
    reachable.add(pfn);
    pages.remove(pfn);
    tables.put(pfn, table);
  }

  /** A page that a table maps, of which it does not say the gfn. */
  void mapped(long pfn) {
    reachable.add(pfn);
  }

  void pages(long pfn, long gfn, long count) {
    reachable.add(pfn);
    unmappedPages(pfn, gfn, count);
  }

  /** Says what frames hold that no page table maps. */
  void unmappedPages(long pfn, long gfn, long count) {
    tables.remove(pfn);
    pages.put(pfn, new Pages(gfn, count));
    if (count == 1) {
      smallPages.add(gfn);
    }
  }

  /** The table that a frame is, or was; or null. */
  @Nullable Table table(long pfn) {
    return tables.get(pfn);
  }

  /** The gfns that a 4 KiB page was seen of, in order; for reading only. */
  Set<Long> smallPages() {
    return smallPages;
  }

  /** The gfn of the page that a frame holds, or held; or -1. */
  long gfn(long pfn) {
    Map.Entry<Long, Pages> found = pages.floorEntry(pfn);
    if (found == null || pfn - found.getKey() >= found.getValue().count()) {
      return -1;
    }
    return found.getValue().gfn() + (pfn - found.getKey());
  }

  /** Whether a page table maps the frame, or the frame is a table that is linked. */
  boolean isReachable(long pfn) {
    Map.Entry<Long, Pages> found = pages.floorEntry(pfn);
    boolean isInPages = found != null && pfn - found.getKey() < found.getValue().count();
    return reachable.contains(isInPages ? found.getKey() : pfn);
  }
}
