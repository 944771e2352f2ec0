package dev.gnomon.mmu.spte;

/**
 * Which entry counts as a writable leaf that a new leaf takes the place of. Where one was writable
 * already, nobody asks whether writes to the gfn are tracked: they cannot be, or it would not have
 * been. A pure function.
 */
public interface WritableLeafRule {

  /** Whether {@code old}, of a table of {@code level}, counts as a writable leaf. */
  boolean isWritableLeaf(long old, int level);

  /** Whether D is set in the leaf that takes the place of a writable one. */
  boolean setsDirtyAgain();

  /** Whether an entry whose rights were brought into step with the guest's table comes out used. */
  default boolean marksSyncedAccessed() {
    return setsDirtyAgain();
  }
}
