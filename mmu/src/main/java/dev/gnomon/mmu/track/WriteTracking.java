package dev.gnomon.mmu.track;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.slot.Memslot;
import dev.gnomon.mmu.slot.TrackedWrites;

/**
 * Asked by the maker of an entry that would be writable: must writes to the gfn be seen by the MMU?
 * Called under the MMU lock.
 */
@FunctionalInterface
public interface WriteTracking {

  /** What the shadow pages of a gfn may do so that it can become writable. */
  enum Unsync {
    /** Become unsync: a fault wants to write. */
    ALLOWED,
    /** Stay as they are: the entry is a prefetch. */
    NOT_FOR_PREFETCH,
    /** Stay as they are: pages are being synchronised. */
    NOT_WHILE_SYNCING
  }

  /**
   * What trackers have registered in the slot: the answer where no guest page table is shadowed.
   */
  WriteTracking REGISTERED =
      (cpu, slot, gfn, unsync) -> {
        TrackedWrites tracked = slot.trackedWrites();
        return tracked != null && tracked.isTracked(gfn - slot.baseGfn());
      };

  /**
   * Whether the gfn, of this slot, must not become writable. If the answer is no, those of its
   * shadow pages that were in step with the guest's table are so no longer, and are marked.
   */
  boolean isWriteTracked(Cpu cpu, Memslot slot, long gfn, Unsync unsync);
}
