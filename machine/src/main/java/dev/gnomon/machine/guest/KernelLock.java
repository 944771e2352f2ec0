package dev.gnomon.machine.guest;

import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.mmu.platform.SharedWords;

/**
 * A lock of the guest kernel's. Who waits for it takes interrupts: its holder may be waiting for an
 * answer to one. Free while no vCPU runs.
 */
final class KernelLock {
  private final SharedWords words;
  private final int index;
  private final KernelEvents events;
  private final Shootdown shootdown;

  KernelLock(SharedWords words, int index, KernelEvents events, Shootdown shootdown) {
    this.words = words;
    this.index = index;
    this.events = events;
    this.shootdown = shootdown;
  }

  /** Takes it, in guest mode. Not by who has it. */
  void lock(Vcpu vcpu) {
    if (!tryLock()) {
      events.await(vcpu, this::tryLock, shootdown::takeLetters);
    }
  }

  private boolean tryLock() {
    return words.compareAndExchange(index, 0, 1) == 0;
  }

  /** Gives it back. */
  void unlock() {
    words.getAndSet(index, 0);
    events.announce();
  }
}
