package dev.gnomon.mmu.table;

import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.platform.HostPages;
import dev.gnomon.mmu.slot.Memslot;
import org.jspecify.annotations.Nullable;

/**
 * What a fault wants mapped: a gfn, for an access, onto a host page. One reusable object a vCPU,
 * filled in on the way down the fault path.
 */
public final class Mapping {
  private long gfn;
  private boolean isWrite;
  private boolean isFetch;
  private @Nullable Memslot slot;
  private long page;
  private long generation;
  private int goalLevel;
  private int levelWithoutNx;
  private long sequence;

  /**
   * Begins with an access; there is no host page yet, and the slot is still that of an earlier one.
   */
  public void begin(long faultGfn, boolean write, boolean fetch) {
    gfn = faultGfn;
    isWrite = write;
    isFetch = fetch;
    page = HostPages.ABSENT;
    goalLevel = 1;
    levelWithoutNx = 0;
  }

  /** Takes the slot that the gfn lies in, and the page behind it. */
  public void resolved(Memslot memslot, long hostPage) {
    if (slot != memslot) {
      // The store of a reference also marks a card for the collector, beside those of other vCPUs.
      slot = memslot;
    }
    page = hostPage;
  }

  /** Remembers how many invalidations were over before the host was asked. */
  public void setSequence(long invalidations) {
    sequence = invalidations;
  }

  /** How many invalidations were over before the host was asked. */
  public long sequence() {
    return sequence;
  }

  /** No slot: to be marked as MMIO under a generation of the memslots. */
  public void resolvedAsMmio(long slotGeneration) {
    slot = null;
    generation = slotGeneration;
  }

  /**
   * Chooses the level to map at: the largest that the host's mapping, the slot and the mitigation
   * against executable large pages allow. Under the MMU lock.
   *
   * @param limit the largest that the guest's own tables allow
   */
  public void chooseLevel(MmuConfig config, int limit) {
    Memslot memslot = slot;
    if (memslot == null || memslot.isDirtyLogged()) {
      return;
    }
    int largest = Math.min(limit, Math.min(config.largestLevel(), HostPages.level(page)));
    if (largest == PageLevel.LEVEL_4K) {
      return;
    }
    int level = memslot.largePages().largestAllowed(gfn, largest);
    boolean isNxSplit = config.nxHugePages() && isFetch && level > PageLevel.LEVEL_4K;
    setGoal(isNxSplit ? PageLevel.LEVEL_4K : level, isNxSplit ? level : 0);
  }

  /**
   * Takes the level to map at.
   *
   * @param withoutNx the larger level that only the NX mitigation forbids, or 0
   */
  public void setGoal(int level, int withoutNx) {
    goalLevel = level;
    levelWithoutNx = withoutNx;
  }

  public long gfn() {
    return gfn;
  }

  public boolean isWrite() {
    return isWrite;
  }

  public boolean isFetch() {
    return isFetch;
  }

  /** The slot, or null for MMIO. */
  public @Nullable Memslot slot() {
    return slot;
  }

  /** The host page behind {@link #gfn}, packed. */
  public long page() {
    return page;
  }

  /** The generation of the slots in which there was none for the gfn. */
  public long generation() {
    return generation;
  }

  public int goalLevel() {
    return goalLevel;
  }

  /** Tables made from this level down stand only for the NX mitigation; 0 if none do. */
  public int levelWithoutNx() {
    return levelWithoutNx;
  }
}
