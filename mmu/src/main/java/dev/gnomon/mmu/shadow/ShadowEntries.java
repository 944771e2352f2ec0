package dev.gnomon.mmu.shadow;

import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.config.Statistics;
import dev.gnomon.mmu.event.Tracepoints;
import dev.gnomon.mmu.make.SpteWriter;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.HostPages;
import dev.gnomon.mmu.slot.Memslot;
import dev.gnomon.mmu.slot.Memslots;
import dev.gnomon.mmu.spte.DirtReportRule;
import dev.gnomon.mmu.spte.FlushRule;
import dev.gnomon.mmu.spte.MmioSpte;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.spte.SpteText;
import dev.gnomon.mmu.table.SpteWords;

/**
 * Changes of single entries, with all that follows from them: page statistics, the report of dirt
 * and use that would be lost, the reverse map, the events.
 *
 * <p>Under the MMU lock for writing.
 */
final class ShadowEntries {
  /** A longer list would cost too much to walk under the lock. */
  private static final int MOST_MAPPINGS = 1000;

  private final SpteWords words;
  private final SpteFormat format;
  private final SpteWriter writer;
  private final Memslots memslots;
  private final HostPages hostPages;
  private final PageStore pages;
  private final ReverseMap reverseMap;
  private final DirtReportRule dirtReport;
  private final FlushRule flushRule;
  private final Tracepoints trace;
  private final Statistics statistics;

  ShadowEntries(
      Foundation base,
      PageStore pages,
      ReverseMap reverseMap,
      DirtReportRule dirtReport,
      FlushRule flushRule) {
    words = base.words();
    format = base.format();
    writer = base.writer();
    memslots = base.memslots();
    hostPages = base.hostPages();
    this.pages = pages;
    this.reverseMap = reverseMap;
    this.dirtReport = dirtReport;
    this.flushRule = flushRule;
    trace = base.trace();
    statistics = base.statistics();
  }

  /** An entry as it is now. */
  long read(long sptep) {
    return words.get(sptep);
  }

  /** The page that a table entry points at. */
  MmuPage child(long sptep) {
    return pages.at(SpteFormat.pfn(read(sptep)));
  }

  /** Writes an entry where nothing is shadow-present. */
  void set(Cpu cpu, long sptep, long spte, int level) {
    long old = read(sptep);
    if (SpteFormat.isShadowPresent(old)) {
      throw new IllegalStateException(
          "an entry is set over a present one: " + SpteText.describe(format, old, level));
    }
    writer.replace(cpu, sptep, old, spte, level);
    trace.spteSet(cpu, level, sptep, old, spte);
    if (SpteFormat.isPresentLeaf(spte, level)) {
      statistics.count(cpu, Statistics.pages(level));
    }
  }

  /** Makes a leaf an MMIO mark. */
  void setMmio(Cpu cpu, long sptep, long gfn, long generation, int access, int level) {
    long mark = MmioSpte.make(format, gfn, generation, access);
    trace.markMmioSpte(cpu, sptep, gfn, MmioSpte.bits(mark), MmioSpte.generation(mark));
    set(cpu, sptep, mark, level);
    statistics.count(cpu, Stat.PF_MMIO_SPTE_CREATED);
  }

  /**
   * Replaces a leaf by one of the same frame.
   *
   * @return whether a flush is owed before the MMU lock is dropped
   */
  boolean update(Cpu cpu, long sptep, long seen, long spte, int level) {
    if (SpteFormat.pfn(seen) != SpteFormat.pfn(spte)) {
      throw new IllegalStateException(
          "a present leaf changes its frame: " + SpteText.change(format, seen, spte, level));
    }
    long old = writer.replace(cpu, sptep, seen, spte, level);
    trace.spteUpdate(cpu, level, sptep, old, spte);
    reportLost(old, spte);
    return flushRule.needsFlush(format, old, spte);
  }

  /** Clears bits of a leaf; returns whether a flush is owed before the MMU lock is dropped. */
  boolean clearBits(Cpu cpu, long sptep, long seen, long bits, int level) {
    long old = writer.clearBits(cpu, sptep, seen, bits, level);
    trace.spteUpdate(cpu, level, sptep, old, old & ~bits);
    reportLost(old, old & ~bits);
    return flushRule.needsFlush(format, old, old & ~bits);
  }

  private void reportLost(long old, long spte) {
    if (format.isAccessed(old) && !format.isAccessed(spte)) {
      hostPages.markAccessed(SpteFormat.pfn(old));
    }
    if (dirtReport.reportsOnClear() && format.isDirty(old) && !format.isDirty(spte)) {
      hostPages.markDirty(SpteFormat.pfn(old));
    }
  }

  /** Notes that a leaf was used, and forgets it: for the ager. */
  void age(Cpu cpu, long sptep, long seen, int level) {
    if (format.isAdEnabled(seen)) {
      long old = writer.clearBits(cpu, sptep, seen, format.accessedBit(), level);
      trace.spteAge(cpu, level, sptep, old, old & ~format.accessedBit());
      return;
    }
    long tracked = format.markAccessTracked(seen);
    long old = writer.replace(cpu, sptep, seen, tracked, level);
    trace.spteAge(cpu, level, sptep, old, tracked);
    if (dirtReport.reportsOnClear() && format.isDirty(old) && !format.isDirty(tracked)) {
      hostPages.markDirty(SpteFormat.pfn(old));
    }
  }

  /**
   * Enters a leaf into the reverse map, and remembers what it maps. Where too many map the page,
   * all go, this one too: whoever needs them faults again.
   *
   * @return whether a flush is owed before the MMU lock is dropped
   */
  boolean map(Cpu cpu, Memslot slot, MmuPage page, long sptep, long gfn, int access) {
    int level = page.level();
    page.setTranslation(MmuPage.index(sptep), gfn, access);
    int before = reverseMap.add(slot, gfn, level, sptep);
    trace.rmapAdd(cpu, gfn, level, sptep, before);
    if (before <= MOST_MAPPINGS) {
      return false;
    }
    clearAll(cpu, slot, gfn, level);
    return true;
  }

  /** Clears every leaf that maps a page of a level, and empties the reverse map there. */
  void clearAll(Cpu cpu, Memslot slot, long gfn, int level) {
    long at = reverseMap.begin(slot, gfn, level);
    for (; at != EntryLists.END; at = reverseMap.next(at)) {
      clear(cpu, reverseMap.entry(at), level);
    }
    reverseMap.removeAll(slot, gfn, level);
  }

  /**
   * Clears an entry that may be a leaf; the reverse map keeps it.
   *
   * @return what was there
   */
  long clear(Cpu cpu, long sptep, int level) {
    long seen = read(sptep);
    long old = writer.replace(cpu, sptep, seen, format.nonPresent(), level);
    trace.spteClear(cpu, level, sptep, old, format.nonPresent());
    if (SpteFormat.isShadowPresent(old)) {
      statistics.add(cpu, Statistics.pages(level), -1);
      if (format.isAccessed(old)) {
        hostPages.markAccessed(SpteFormat.pfn(old));
      }
      if (dirtReport.reportsOnClear() && format.isDirty(old)) {
        hostPages.markDirty(SpteFormat.pfn(old));
      }
    }
    return old;
  }

  /**
   * Clears an entry that is a leaf, or not shadow-present, and takes it out of the reverse map.
   *
   * @return what was there
   */
  long drop(Cpu cpu, long sptep) {
    MmuPage page = pages.ofEntry(sptep);
    int level = page.level();
    long old = clear(cpu, sptep, level);
    if (SpteFormat.isShadowPresent(old)) {
      long gfn = page.gfnOf(MmuPage.index(sptep));
      Memslot slot = memslots.current().find(gfn);
      if (slot == null) {
        throw new IllegalStateException(
            "no slot holds gfn " + Long.toHexString(gfn) + ", which " + page + " maps");
      }
      reverseMap.remove(slot, gfn, level, sptep);
      trace.rmapRemove(cpu, gfn, level, sptep, 0);
    }
    return old;
  }

  /** Clears an entry that points at a table, or is an MMIO mark. */
  void clearUntracked(Cpu cpu, long sptep, long empty, int level) {
    long old = read(sptep);
    writer.replace(cpu, sptep, old, empty, level);
    trace.spteClearNoTrack(cpu, level, sptep, old, empty);
  }
}
