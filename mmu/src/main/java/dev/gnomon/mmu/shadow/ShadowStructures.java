package dev.gnomon.mmu.shadow;

import dev.gnomon.mmu.spte.DirtReportRule;
import dev.gnomon.mmu.spte.FlushRule;
import dev.gnomon.mmu.sync.SpinLock;
import dev.gnomon.mmu.track.WriteTracking;

/**
 * The pages of the shadow MMU and how they hang together, without those parts that make leaves: the
 * maker of leaves asks this first whether a gfn may become writable.
 */
public final class ShadowStructures {
  final Foundation base;
  final EntryLists lists = new EntryLists();
  final PageStore pages;
  final UnsyncMarks unsync;
  final ReverseMap reverseMap;
  final ShadowEntries entries;
  final WriteProtection protection;
  final ShadowTables tables;
  private final TableTracking tracking;

  /**
   * Makes them.
   *
   * @param unsyncLock held by who makes pages unsync while others may
   */
  public ShadowStructures(
      Foundation base,
      SpinLock unsyncLock,
      DirtReportRule dirtReport,
      FlushRule flushRule,
      UnsyncOrderRule unsyncOrder) {
    this.base = base;
    pages = new PageStore(base.statistics());
    unsync = new UnsyncMarks(base.platform(), pages, lists, unsyncOrder);
    reverseMap = new ReverseMap(lists);
    entries = new ShadowEntries(base, pages, reverseMap, dirtReport, flushRule);
    protection = new WriteProtection(base.format(), reverseMap, entries);
    tables = new ShadowTables(base, pages, lists, unsync, entries, protection);
    tracking = new TableTracking(base, unsyncLock, pages, unsync, tables);
  }

  /** What the maker of leaves asks. */
  public WriteTracking tracking() {
    return tracking;
  }
}
