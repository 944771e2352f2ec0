package dev.gnomon.mmu.track;

import dev.gnomon.mmu.slot.Memslot;
import dev.gnomon.mmu.slot.TrackedWrites;

/**
 * Asked by the maker of an entry that would be writable: must writes to the gfn be seen by the MMU?
 * Called under the MMU lock.
 */
@FunctionalInterface
public interface WriteTracking {

  /**
   * What trackers have registered in the slot: the answer where no guest page table is shadowed.
   */
  WriteTracking REGISTERED =
      (slot, gfn) -> {
        TrackedWrites tracked = slot.trackedWrites();
        return tracked != null && tracked.isTracked(gfn - slot.baseGfn());
      };

  /** Whether the gfn, of this slot, must not become writable. */
  boolean isWriteTracked(Memslot slot, long gfn);
}
