package dev.gnomon.mmu.sync;

import dev.gnomon.mmu.platform.Cpu;

/**
 * The lock of a VM's MMU: any number of readers, or one writer. Not reentrant, no upgrade. A writer
 * that waits keeps new readers out; holders of long operations ask {@link #isContended} and yield.
 *
 * <p>Taking it, in either mode, is a full barrier; leaving it a release store.
 */
public abstract class MmuLock {

  /**
   * Takes the lock for reading.
   *
   * @throws IllegalStateException if this CPU holds it
   */
  public abstract void readLock(Cpu cpu);

  /**
   * Leaves a read section.
   *
   * @throws IllegalStateException if this CPU is in none
   */
  public abstract void readUnlock(Cpu cpu);

  /**
   * Takes the lock for writing.
   *
   * @throws IllegalStateException if this CPU holds it
   */
  public abstract void writeLock(Cpu cpu);

  /**
   * Leaves the write section.
   *
   * @throws IllegalStateException if this CPU is in none
   */
  public abstract void writeUnlock(Cpu cpu);

  /** Whether this CPU holds the lock for reading. Touches nothing that another CPU writes. */
  public abstract boolean isReadBy(Cpu cpu);

  /** Whether this CPU holds the lock for writing. Touches nothing that another CPU writes. */
  public abstract boolean isWrittenBy(Cpu cpu);

  /** Whether someone waits for what the calling holder, of either kind, has. */
  public abstract boolean isContended(Cpu cpu);
}
