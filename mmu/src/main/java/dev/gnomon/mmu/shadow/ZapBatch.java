package dev.gnomon.mmu.shadow;

import java.util.ArrayList;
import java.util.List;

/** Pages that one operation has zapped, and that are freed together after one flush. */
final class ZapBatch {
  private final List<MmuPage> pages = new ArrayList<>();

  void add(MmuPage page) {
    pages.add(page);
  }

  /** How many there are. */
  int size() {
    return pages.size();
  }

  List<MmuPage> pages() {
    return pages;
  }
}
