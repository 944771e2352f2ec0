package dev.gnomon.mmu.tlb;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;

/**
 * Which vCPUs read the shadow MMU's tables without the MMU lock: KVM's {@code
 * READING_SHADOW_PAGE_TABLES}.
 *
 * <p>A vCPU announces its walk, then reads; who frees a table has unlinked it, then looks for
 * announcements and waits for the end of each that it finds. With a full barrier between the two
 * steps on either side, either the one who frees sees the walk and waits, or the walk sees that the
 * table is unlinked. Without it, the announcement may still be in the vCPU's store buffer while its
 * walk has begun.
 *
 * <p>A walk takes no lock, so it may be waited for under any.
 */
public final class AnnouncedWalks {
  private static final long WALKS = 1;

  private final Platform platform;
  private final int vcpus;

  /** By vCPU, a cache line each: how often it has begun or ended a walk; odd in one. */
  private final SharedWords counts;

  public AnnouncedWalks(Platform platform, int vcpus) {
    this.platform = platform;
    this.vcpus = vcpus;
    counts = platform.newWords((vcpus + 1) * SharedWords.STRIDE);
  }

  /** Says that the vCPU begins to read tables. No barrier. */
  public void announce(Cpu cpu) {
    int word = word(cpu.index());
    counts.set(word, counts.get(word) + 1);
  }

  /** What lies between the announcement and the first read. */
  public void barrier() {
    platform.fullFence();
  }

  /** Says that the vCPU has read, or changed, its last entry. */
  public void end(Cpu cpu) {
    announce(cpu);
  }

  /**
   * Waits for every walk that is under way to end. A full barrier must lie between this and the
   * unlinking of what is to be freed; a flush of all TLBs is one.
   */
  public void await(Cpu cpu) {
    for (int vcpu = 0; vcpu < vcpus; vcpu++) {
      int word = word(vcpu);
      long seen = counts.get(word);
      while ((seen & WALKS) != 0 && counts.get(word) == seen) {
        cpu.awaitChange(counts, word, seen);
      }
    }
  }

  /** Not at the very start of the array: see {@code WordRendezvous}. */
  private static int word(int vcpu) {
    return (vcpu + 1) * SharedWords.STRIDE;
  }
}
