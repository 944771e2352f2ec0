package dev.gnomon.mmu.fault;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.sync.MmuLock;

/**
 * The host's invalidations of mapped memory: those under way, and a count of those that are over.
 *
 * <p>Begun and ended under the MMU lock for writing. A fault reads the count before it asks the
 * host for a page, and under the lock asks here whether its answer may still be used.
 */
public final class Invalidations {
  private static final int SEQUENCE = 0;
  private static final int IN_PROGRESS = 1;
  private static final int FIRST = 2;
  private static final int END = 3;

  private final SharedWords words;
  private final MmuLock mmuLock;

  public Invalidations(Platform platform, MmuLock mmuLock) {
    words = platform.newWords(4);
    this.mmuLock = mmuLock;
  }

  /** How many invalidations are over: to be read before the host is asked for a page. */
  public long sequence() {
    return words.get(SEQUENCE);
  }

  /** An invalidation of host-virtual frames begins. Under the write lock. */
  public void begin(Cpu cpu, long firstHvn, long endHvn) {
    requireWriteLock(cpu);
    long inProgress = words.get(IN_PROGRESS);
    boolean isOnly = inProgress == 0;
    words.set(FIRST, isOnly ? firstHvn : Math.min(firstHvn, words.get(FIRST)));
    words.set(END, isOnly ? endHvn : Math.max(endHvn, words.get(END)));
    words.set(IN_PROGRESS, inProgress + 1);
  }

  /** An invalidation ends. Under the write lock. */
  public void end(Cpu cpu) {
    requireWriteLock(cpu);
    words.set(SEQUENCE, words.get(SEQUENCE) + 1);
    words.set(IN_PROGRESS, words.get(IN_PROGRESS) - 1);
  }

  /**
   * Whether a page that the host gave for {@code hvn} after {@code sequence} was read may be gone:
   * an invalidation covers it now, or one has ended since. Under the MMU lock, in either mode.
   */
  public boolean haveCovered(long hvn, long sequence) {
    boolean isCovered =
        words.get(IN_PROGRESS) != 0 && hvn >= words.get(FIRST) && hvn < words.get(END);
    return isCovered || words.get(SEQUENCE) != sequence;
  }

  /** Whether one is under way. Under the MMU lock, in either mode. */
  public boolean areInProgress() {
    return words.get(IN_PROGRESS) != 0;
  }

  private void requireWriteLock(Cpu cpu) {
    if (!mmuLock.isWrittenBy(cpu)) {
      throw new IllegalStateException("invalidations change under the MMU lock for writing");
    }
  }
}
