package dev.gnomon.mmu.sync;

import dev.gnomon.mmu.platform.Cpu;

/**
 * A mutual-exclusion lock for short sections. Not reentrant. Taking it is a read-modify-write,
 * leaving it a release store.
 */
public abstract class SpinLock {

  /**
   * Takes the lock, waiting for it.
   *
   * @throws IllegalStateException if this CPU holds it
   */
  public abstract void lock(Cpu cpu);

  /**
   * Leaves the lock.
   *
   * @throws IllegalStateException if this CPU does not hold it
   */
  public abstract void unlock(Cpu cpu);

  /** Whether this CPU holds the lock. Touches nothing that others write while it does. */
  public abstract boolean isHeldBy(Cpu cpu);
}
