package dev.gnomon.mmu.shadow;

import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.slot.Memslot;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.track.GfnProtection;

/**
 * Takes write permission away from what the shadow MMU maps: for the dirty log W alone, for write
 * tracking MMU-writable too.
 *
 * <p>Under the MMU lock for writing.
 */
final class WriteProtection {
  private final SpteFormat format;
  private final ReverseMap reverseMap;
  private final ShadowEntries entries;
  private GfnProtection elsewhere = GfnProtection.NONE;

  WriteProtection(SpteFormat format, ReverseMap reverseMap, ShadowEntries entries) {
    this.format = format;
    this.reverseMap = reverseMap;
    this.entries = entries;
  }

  /** Says what else may map a gfn: once, before anything is mapped. */
  void alsoProtects(GfnProtection other) {
    elsewhere = other;
  }

  /**
   * Takes W and MMU-writable away from all that maps a gfn, in the other MMU too.
   *
   * @return whether a flush must be made before the MMU lock is dropped
   */
  boolean track(Cpu cpu, Memslot slot, long gfn) {
    boolean owesFlush = elsewhere.writeProtect(cpu, gfn);
    for (int level = PageLevel.LEVEL_4K; level <= PageLevel.LEVEL_1G; level++) {
      owesFlush |= protect(cpu, slot, gfn, level, SpteFormat.WRITABLE | format.mmuWritableBit());
    }
    return owesFlush;
  }

  /** Clears bits of every entry that maps the page of a level; whether a flush is owed. */
  boolean protect(Cpu cpu, Memslot slot, long gfn, int level, long bits) {
    if (reverseMap.isEmpty(slot, gfn, level)) {
      return false;
    }
    boolean owesFlush = false;
    long at = reverseMap.begin(slot, gfn, level);
    for (; at != EntryLists.END; at = reverseMap.next(at)) {
      long sptep = reverseMap.entry(at);
      long spte = entries.read(sptep);
      if ((spte & bits) != 0) {
        owesFlush |= entries.clearBits(cpu, sptep, spte, bits, level);
      }
    }
    return owesFlush;
  }
}
