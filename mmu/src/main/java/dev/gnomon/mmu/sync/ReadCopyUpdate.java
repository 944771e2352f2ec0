package dev.gnomon.mmu.sync;

import dev.gnomon.mmu.platform.Cpu;

/**
 * Read-copy-update: who unlinks something frees it only after every reader that might still see it
 * has left its read section.
 *
 * <p>Entering a read section is a full barrier, so is retiring a thing. Read sections do not nest.
 * What is retired waits in a list of the retiring CPU, and is freed by that CPU in {@link #poll} or
 * {@link #drain}.
 */
public abstract class ReadCopyUpdate {

  /** What is done with a retired thing once no reader can see it. */
  @FunctionalInterface
  public interface Reclaimer {
    void reclaim(Cpu cpu, long retired);
  }

  /** Nothing to reclaim: for users who only {@link #synchronize}. */
  public static final Reclaimer NOTHING = (cpu, retired) -> {};

  /**
   * Enters a read section.
   *
   * @throws IllegalStateException if this CPU is in one
   */
  public abstract void readLock(Cpu cpu);

  /**
   * Leaves the read section.
   *
   * @throws IllegalStateException if this CPU is in none
   */
  public abstract void readUnlock(Cpu cpu);

  /** Whether this CPU is in a read section. Touches nothing that another CPU writes. */
  public abstract boolean isReadBy(Cpu cpu);

  /** Hands over a thing that no new reader can reach, to be reclaimed after a grace period. */
  public abstract void retire(Cpu cpu, long thing);

  /** Reclaims what this CPU retired and no reader can see any more. Never waits. */
  public abstract void poll(Cpu cpu);

  /**
   * Waits until every reader that was in a read section has left it. The caller must not hold
   * anything that a reader waits for.
   *
   * @throws IllegalStateException if the caller is in a read section
   */
  public abstract void synchronize(Cpu cpu);

  /**
   * Waits for a grace period and reclaims all that this CPU retired; does nothing if that is none.
   *
   * @throws IllegalStateException if the caller is in a read section and has something to wait for
   */
  public abstract void drain(Cpu cpu);

  /** Reclaims all that any CPU retired. For the end: nobody reads or retires any more. */
  public abstract void drainAll(Cpu cpu);

  /** How many things this CPU has retired that are not reclaimed yet. */
  public abstract int pending(Cpu cpu);
}
