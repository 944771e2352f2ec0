package dev.gnomon.mmu.table;

import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.Platform;

/**
 * How the words that hold entries are loaded and stored: an entry has 64 bits, a word of the host
 * perhaps 32. Where a host's word holds an entry, every method here is one operation of the port;
 * where it does not, see {@link HalvedSpteWords}.
 *
 * <p>Entries are replaced under the MMU lock for writing, by the methods here; without it they are
 * only ever changed by a compare-and-exchange of all 64 bits, which every host has, and by the
 * processor, which sets A and D. {@code old} is always what the caller has just read under the
 * lock.
 */
public abstract class SpteWords {

  /** Made by {@link #of} only. */
  SpteWords() {}

  /**
   * The words of the tables in a platform's memory.
   *
   * @param hostBits the size of the host's words, 32 or 64
   */
  public static SpteWords of(Platform platform, int hostBits) {
    PhysicalMemory memory = platform.memory().ofWords(hostBits);
    return hostBits == Long.SIZE
        ? new WholeSpteWords(memory)
        : new HalvedSpteWords(memory, platform);
  }

  /** Loads an entry under the MMU lock: nobody replaces it meanwhile. */
  public abstract long get(long sptep);

  /**
   * Loads an entry without the lock: one that was there at some moment, never a mix of two. The
   * table must be kept from being freed.
   */
  public abstract long getLockless(long sptep);

  /** Replaces an entry. What others set in it since it was read may be lost. */
  public abstract void set(long sptep, long old, long spte);

  /** Replaces an entry; returns what was there. Nothing that others have set in it is lost. */
  public abstract long exchange(long sptep, long old, long spte);

  /** Clears bits of an entry; returns what was there. Nothing that others have set is lost. */
  public abstract long clearBits(long sptep, long old, long bits);
}
