package dev.gnomon.mmu.shadow;

import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.slot.Memslot;
import dev.gnomon.mmu.spte.SpteFormat;

/** Finds out whether pages were used since the last question. Under the MMU lock for writing. */
final class ShadowAging {
  private final SpteFormat format;
  private final ReverseMap reverseMap;
  private final ShadowEntries entries;

  ShadowAging(SpteFormat format, ReverseMap reverseMap, ShadowEntries entries) {
    this.format = format;
    this.reverseMap = reverseMap;
    this.entries = entries;
  }

  /** Whether any page of the range was used; forgets it unless it is only to be tested. */
  boolean visit(Cpu cpu, Memslot slot, long firstGfn, long endGfn, boolean onlyTest) {
    if (!ReverseMap.isKept(slot)) {
      return false;
    }
    boolean isYoung = false;
    for (int level = PageLevel.LEVEL_4K; level <= PageLevel.LEVEL_1G; level++) {
      long step = PageLevel.frames(level);
      for (long gfn = PageLevel.alignDown(firstGfn, level); gfn < endGfn; gfn += step) {
        long inSlot = Math.max(gfn, slot.baseGfn());
        if (!reverseMap.isEmpty(slot, inSlot, level)) {
          isYoung |= visitPage(cpu, slot, inSlot, level, onlyTest);
        }
        if (isYoung && onlyTest) {
          return true;
        }
      }
    }
    return isYoung;
  }

  private boolean visitPage(Cpu cpu, Memslot slot, long gfn, int level, boolean onlyTest) {
    boolean isYoung = false;
    long at = reverseMap.begin(slot, gfn, level);
    for (; at != EntryLists.END; at = reverseMap.next(at)) {
      long sptep = reverseMap.entry(at);
      long spte = entries.read(sptep);
      if (format.isAccessed(spte)) {
        isYoung = true;
        if (!onlyTest) {
          entries.age(cpu, sptep, spte, level);
        }
      }
    }
    return isYoung;
  }
}
