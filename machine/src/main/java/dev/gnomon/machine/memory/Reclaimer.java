package dev.gnomon.machine.memory;

import dev.gnomon.machine.InputException;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.OutOfFramesException;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;

/**
 * Takes pages out of memory that were not used lately. A hand goes round the address space; a page
 * that was used since the hand last came by is passed over, any other evicted (the clock, or second
 * chance, algorithm). Several CPUs may turn the hand at once: at worst a page is looked at twice.
 */
public final class Reclaimer {
  /** Laps after which every page that stands still has had its second chance. */
  private static final int LAPS = 2;

  private static final int BATCH = 256;

  private final HostAddressSpace space;

  /** One word: the host-virtual frame to look at next. */
  private final SharedWords hand;

  public Reclaimer(Platform platform, HostAddressSpace space) {
    this.space = space;
    hand = platform.newWords(1);
  }

  /**
   * Evicts pages.
   *
   * @param pagesWanted how many 4 KiB pages
   * @return how many were evicted: fewer if in two laps of the hand there were not as many
   * @throws InputException if the swap space is full, or fails; no page is lost
   * @throws OutOfFramesException if a large page cannot be split for want of a frame
   */
  public int reclaim(Cpu cpu, int pagesWanted) {
    int evicted = 0;
    long at = hand.get(0);
    long start = at;
    int laps = 0;
    while (evicted < pagesWanted && (laps < LAPS || at < start)) {
      long next = space.reclaimNext(cpu, at);
      if (next < 0) {
        evicted++;
        next = -next;
      }
      if (next >= HostAddressSpace.END) {
        next = 0;
        laps++;
      }
      at = next;
      hand.set(0, at);
    }
    return evicted;
  }

  /**
   * Evicts pages until no more than {@code residentTarget} are resident, or there is none left that
   * may go.
   *
   * @return how many were evicted
   * @throws InputException as {@link #reclaim}
   * @throws OutOfFramesException as {@link #reclaim}
   */
  public long reclaimTo(Cpu cpu, long residentTarget) {
    long evicted = 0;
    for (; ; ) {
      long wanted = space.residentPages() - residentTarget;
      int now = wanted <= 0 ? 0 : reclaim(cpu, (int) Math.min(wanted, BATCH));
      if (now == 0) {
        return evicted;
      }
      evicted += now;
    }
  }
}
