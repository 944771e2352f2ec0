package dev.gnomon.mmu.shadow;

import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.config.MmuKind;
import dev.gnomon.mmu.dirty.LogProtection;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.slot.Memslot;
import dev.gnomon.mmu.spte.SpteFormat;

/**
 * Protects for the dirty log: takes W away, or D, where the processor logs it (PML, with direct
 * roots and TDP). That alone flushes nothing here; see {@link dev.gnomon.mmu.dirty.DirtyLog}.
 *
 * <p>Under the MMU lock for writing.
 */
final class ShadowLog implements LogProtection {
  private final SpteFormat format;
  private final boolean logsByDirtyBit;
  private final ReverseMap reverseMap;
  private final ShadowEntries entries;

  ShadowLog(Foundation base, ReverseMap reverseMap, ShadowEntries entries) {
    format = base.format();
    logsByDirtyBit = base.config().logsByDirtyBit() && base.config().mmu() != MmuKind.SHADOW;
    this.reverseMap = reverseMap;
    this.entries = entries;
  }

  @Override
  public void begin(Cpu cpu) {}

  @Override
  public void end(Cpu cpu) {}

  @Override
  public boolean protect(Cpu cpu, Memslot slot, long firstOffset, long pages) {
    if (!ReverseMap.isKept(slot)) {
      return false;
    }
    boolean hasChanged = false;
    for (long left = pages; left != 0; left &= left - 1) {
      long gfn = slot.baseGfn() + firstOffset + Long.numberOfTrailingZeros(left);
      for (int level = PageLevel.LEVEL_4K; level <= PageLevel.LEVEL_1G; level++) {
        hasChanged |= protect(cpu, slot, gfn, level);
      }
    }
    return hasChanged;
  }

  /** Protects every leaf of a slot, the small ones first. */
  void protectSlot(Cpu cpu, Memslot slot) {
    if (!ReverseMap.isKept(slot)) {
      return;
    }
    for (int level = PageLevel.LEVEL_4K; level <= PageLevel.LEVEL_1G; level++) {
      long step = PageLevel.frames(level);
      long first = PageLevel.alignDown(slot.baseGfn(), level);
      for (long gfn = first; gfn < slot.endGfn(); gfn += step) {
        protect(cpu, slot, Math.max(gfn, slot.baseGfn()), level);
      }
    }
  }

  private boolean protect(Cpu cpu, Memslot slot, long gfn, int level) {
    if (reverseMap.isEmpty(slot, gfn, level)) {
      return false;
    }
    boolean hasChanged = false;
    long at = reverseMap.begin(slot, gfn, level);
    for (; at != EntryLists.END; at = reverseMap.next(at)) {
      long sptep = reverseMap.entry(at);
      long spte = entries.read(sptep);
      long bit = bitToClear(spte, level);
      if ((spte & bit) != 0) {
        entries.clearBits(cpu, sptep, spte, bit, level);
        hasChanged = true;
      }
    }
    return hasChanged;
  }

  private long bitToClear(long spte, int level) {
    boolean byDirtyBit =
        logsByDirtyBit && level == PageLevel.LEVEL_4K && !format.needsWriteProtectionForLog(spte);
    return byDirtyBit ? format.dirtyBit() : SpteFormat.WRITABLE;
  }
}
