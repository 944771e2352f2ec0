package dev.gnomon.mmu.make;

import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.dirty.DirtyMarker;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.HostPages;
import dev.gnomon.mmu.slot.Memslot;
import dev.gnomon.mmu.spte.DirtReportRule;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.spte.WritableLeafRule;
import dev.gnomon.mmu.table.Role;
import dev.gnomon.mmu.track.WriteTracking;

/**
 * Makes leaf entries. Makes them only: {@link SpteWriter} writes them.
 *
 * <p>Called under the MMU lock. A writable entry of a dirty-logged slot is reported to the log
 * here, before it is installed; a writable entry's frame is reported dirty here where the rule says
 * so.
 */
public final class SpteMaker {
  private final SpteFormat format;
  private final boolean nxHugePages;
  private final boolean logsByDirtyBit;
  private final HostPages hostPages;
  private final DirtyMarker marker;
  private final WriteTracking tracking;
  private final DirtReportRule dirtReport;
  private final WritableLeafRule writableLeaf;

  public SpteMaker(
      MmuConfig config,
      SpteFormat format,
      HostPages hostPages,
      DirtyMarker marker,
      WriteTracking tracking,
      DirtReportRule dirtReport,
      WritableLeafRule writableLeaf) {
    this.format = format;
    nxHugePages = config.nxHugePages();
    logsByDirtyBit = config.logsByDirtyBit();
    this.hostPages = hostPages;
    this.marker = marker;
    this.tracking = tracking;
    this.dirtReport = dirtReport;
    this.writableLeaf = writableLeaf;
  }

  /**
   * A leaf of a TDP table, that may be used in any way.
   *
   * @param level the level of the leaf
   * @param gfn any gfn that it maps
   * @param page the host page behind that gfn, packed as {@link HostPages} says, of {@code level}
   *     or more
   * @param old the entry that it replaces
   * @param role of its table
   */
  public long make(Cpu cpu, Memslot slot, int level, long gfn, long page, long old, int role) {
    return make(cpu, slot, level, gfn, page, old, role, Role.ALL, Purpose.FAULT);
  }

  /** What a leaf is made for. */
  public enum Purpose {
    FAULT(WriteTracking.Unsync.ALLOWED, true),
    PREFETCH(WriteTracking.Unsync.NOT_FOR_PREFETCH, false),
    SYNC(WriteTracking.Unsync.NOT_WHILE_SYNCING, true);

    private final WriteTracking.Unsync unsync;
    private final boolean isUsed;

    Purpose(WriteTracking.Unsync unsync, boolean isUsed) {
      this.unsync = unsync;
      this.isUsed = isUsed;
    }
  }

  /**
   * A leaf.
   *
   * @param access what the guest's tables allow: bits of {@link Role}
   */
  public long make(
      Cpu cpu,
      Memslot slot,
      int level,
      long gfn,
      long page,
      long old,
      int role,
      int access,
      Purpose purpose) {
    long spte = leaf(cpu, slot, level, gfn, page, old, role, access, purpose);
    return purpose.isUsed && (purpose != Purpose.SYNC || writableLeaf.marksSyncedAccessed())
        ? spte
        : format.withoutAccessed(spte);
  }

  private long leaf(
      Cpu cpu,
      Memslot slot,
      int level,
      long gfn,
      long page,
      long old,
      int role,
      int access,
      Purpose purpose) {
    long pfn = PageLevel.alignDown(HostPages.pfn(page), level);
    boolean isLarge = level > PageLevel.LEVEL_4K;
    boolean isExecutable = (access & Role.EXECUTE) != 0 && !(nxHugePages && isLarge);
    long spte = leafBase(role) | format.accessedBit() | pfn << 12;
    spte |= format.readBits(isExecutable, (access & Role.USER) != 0);
    if (isLarge) {
      spte |= SpteFormat.LARGE;
    }
    if (!HostPages.isWritable(page) || slot.isReadOnly()) {
      return spte;
    }
    spte |= format.hostWritableBit();
    if ((access & Role.WRITE) == 0) {
      return spte;
    }
    boolean wasWritable = writableLeaf.isWritableLeaf(old, level);
    if (!wasWritable && tracking.isWriteTracked(cpu, slot, gfn, purpose.unsync)) {
      return spte;
    }
    if (isLarge && slot.isDirtyLogged()) {
      // Left for a write to split: only 4 KiB pages may be writable in a logged slot.
      return spte | format.mmuWritableBit();
    }
    spte |= format.mmuWritableBit() | SpteFormat.WRITABLE;
    if (!wasWritable || writableLeaf.setsDirtyAgain()) {
      spte |= format.dirtyBit();
    }
    marker.mark(cpu, slot, gfn);
    if (dirtReport.reportsAtCreation()) {
      hostPages.markDirty(pfn);
    }
    return spte;
  }

  /**
   * What L2 writes is not logged by PML, whose gpas would be L2's: its entries are marked, so that
   * they are write-protected for the log instead.
   */
  private long leafBase(int role) {
    boolean onlyProtects = logsByDirtyBit && Role.isGuestMode(role);
    return format.leafBase(Role.isAdDisabled(role), onlyProtects);
  }

  /**
   * The leaf that entry {@code index} of a table gets which takes the place of a large leaf: it
   * maps the same memory with the same rights.
   */
  public long makeSplit(long large, int largeLevel, int index) {
    int level = largeLevel - 1;
    long spte = large + ((long) index << 12 + (level - 1) * 9);
    if (level == PageLevel.LEVEL_4K) {
      spte &= ~SpteFormat.LARGE;
      if (nxHugePages && !format.isAccessTracked(spte)) {
        spte = format.withExecute(spte, true);
      }
    }
    return spte;
  }
}
