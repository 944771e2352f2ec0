package dev.gnomon.mmu.platform;

/**
 * A back end: one memory, one set of CPUs, and the words that they share outside memory.
 *
 * <p>Everything in it may be used by any CPU at any time.
 */
public abstract class Platform {

  /** The physical memory of the host. */
  public abstract PhysicalMemory memory();

  /** The allocator of that memory's frames. */
  public abstract Frames frames();

  /** How many CPUs there can be: {@link Cpu#index()} is below this. */
  public abstract int cpus();

  /**
   * Makes {@code count} shared words that hold 0.
   *
   * @throws IllegalArgumentException if {@code count} is negative
   */
  public abstract SharedWords newWords(int count);

  /**
   * A full memory barrier of the calling CPU: every earlier load and store is performed before
   * every later one. On x86, MFENCE.
   */
  public abstract void fullFence();
}
