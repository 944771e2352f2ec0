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
   * Says that an attempt begins which may have to be made again: a page walk with the fault that it
   * ends in, say. What it reads from here on is what {@link #retrying} waits for.
   */
  public void attempting() {}

  /**
   * Says that the attempt has come to nothing for now, and is made again: a new one begins. A
   * scheduler may hold this CPU up until another CPU has written a word that the attempt has read,
   * since before that the next attempt would end as this one did. So a caller whom someone else's
   * progress has let through already must not come here; and none need come whose
   * compare-and-exchange has failed, since another CPU has written that word meanwhile.
   *
   * <p>An attempt begins at {@link #attempting}, at the last call of this method, or when the CPU
   * began, whichever was last.
   */
  public abstract void retrying();

  /**
   * A choice of nature among {@code n} outcomes, from 0. The first is always what simple hardware
   * does, and what is always chosen where guests run for speed.
   */
  public abstract int choose(int n);
}
