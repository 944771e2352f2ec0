package dev.gnomon.mmu.platform;

/**
 * Whoever is executing: a vCPU's thread, or one that works for the host. It is passed into every
 * entry point of the MMU, and is used by one thread at a time.
 */
public abstract class Cpu {
  private final int index;

  protected Cpu(int index) {
    this.index = index;
  }

  /** This CPU's number, from 0; below {@link Platform#cpus()}, and no other CPU's. */
  public final int index() {
    return index;
  }

  /**
   * Waits until the word no longer holds {@code seen}. It may return early, so the caller looks
   * again; a change that is undone at once may go unnoticed. Every loop that waits for another CPU
   * says here what it waits for.
   */
  public abstract void awaitChange(SharedWords words, int index, long seen);

  /** As {@link #awaitChange(SharedWords, int, long)}, for an aligned 64-bit word of memory. */
  public abstract void awaitChange(PhysicalMemory memory, long hpa, long seen);

  /**
   * Says that what was just tried lost a race and is tried again at once, so that a scheduler can
   * let another CPU go first.
   */
  public abstract void retrying();

  /**
   * A choice of nature among {@code n} outcomes, from 0. The first is always what simple hardware
   * does, and what is always chosen where guests run for speed.
   */
  public abstract int choose(int n);
}
