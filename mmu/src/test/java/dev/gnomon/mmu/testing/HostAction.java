package dev.gnomon.mmu.testing;

/** What a host may do with a page by itself. */
public enum HostAction {
  RECLAIM,
  CLEAN,
  WRITE_PROTECT,
  MIGRATE,
  SPLIT,
  COLLAPSE,
  SMALL_PAGES,
  LARGE_PAGES
}
