package dev.gnomon.machine.device;

import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.sync.Rendezvous;

/**
 * Notices when no vCPU will ever do anything again.
 *
 * <p>A vCPU whose wait only another vCPU could end says so ({@link #enter}), and says when it has
 * been woken, before it takes what woke it ({@link #leave}). One word counts both: in its lower
 * half those that wait, in its upper half how often one was woken. If all wait, none has been woken
 * meanwhile, and no request is under way, nothing is left that could move: a vCPU sends all its
 * requests before it waits.
 */
final class Standstill {
  private static final long WOKEN = 1L << 32;
  private static final long COUNT = WOKEN - 1;

  private final SharedWords word;

  /** Whether the boot processor takes interrupts where it waits. */
  private final SharedWords bootProcessor;

  private final Rendezvous rendezvous;
  private final int vcpus;

  Standstill(Platform platform, Rendezvous rendezvous, int vcpus) {
    word = platform.newWords(SharedWords.STRIDE);
    bootProcessor = platform.newWords(1);
    this.rendezvous = rendezvous;
    this.vcpus = vcpus;
  }

  /** One more waits. Returns whether all stand still now. */
  boolean enter(int vcpu, boolean takesInterrupts) {
    if (vcpu == 0) {
      bootProcessor.set(0, takesInterrupts ? 1 : 0);
    }
    long now = word.getAndAdd(0, 1) + 1;
    if ((now & COUNT) < vcpus) {
      return false;
    }
    for (int i = 0; i < vcpus; i++) {
      if (rendezvous.isRequested(i)) {
        return false;
      }
    }
    return word.get(0) == now;
  }

  /** Whether the boot processor, which waits, takes interrupts. */
  boolean isInterruptible() {
    return bootProcessor.get(0) != 0;
  }

  /** One has been woken. */
  void leave() {
    word.getAndAdd(0, WOKEN - 1);
  }
}
