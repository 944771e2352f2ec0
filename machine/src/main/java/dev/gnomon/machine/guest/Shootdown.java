package dev.gnomon.machine.guest;

import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;

/**
 * The guest's own TLB shootdown: what one vCPU has changed in tables that another has loaded, the
 * other flushes before the first goes on.
 *
 * <p>A vCPU says which address space it has loaded, with a full barrier, before it loads CR3. Who
 * has changed an entry of a space looks, after a full barrier, who has loaded it. So either it sees
 * the other, or the other's CR3 load, which flushes, comes after the change.
 *
 * <p>A request is a letter in a box of its own for each sender and receiver, numbered, with the
 * address that the sender has written down before; the receiver takes it in an interrupt, flushes,
 * and empties the box. Boxes and spaces are all empty while no vCPU runs: nothing of this moves
 * with the guest.
 */
final class Shootdown {
  /** Instead of an address: all that is not global. */
  static final long ALL = -1;

  /** Instead of a space: whatever a vCPU has loaded. */
  static final long ANY_SPACE = -1;

  /** The space of a vCPU that has the kernel's own tables loaded, which never change. */
  static final long NO_SPACE = 0;

  /** Flushes an address, or {@link #ALL}, on the vCPU that executes it. */
  @FunctionalInterface
  interface LocalFlush {
    void flush(Vcpu vcpu, long gva);
  }

  private final int vcpus;
  private final KernelEvents events;
  private final GuestCounters counters;
  private final LocalFlush local;
  private final SharedWords loaded;
  private final SharedWords addresses;
  private final SharedWords letters;
  private final SharedWords numbers;

  Shootdown(
      Platform platform, KernelEvents events, GuestCounters counters, LocalFlush local, int vcpus) {
    this.vcpus = vcpus;
    this.events = events;
    this.counters = counters;
    this.local = local;
    loaded = platform.newWords(vcpus * SharedWords.STRIDE);
    addresses = platform.newWords(vcpus * SharedWords.STRIDE);
    letters = platform.newWords(vcpus * vcpus);
    numbers = platform.newWords(vcpus * SharedWords.STRIDE);
  }

  /** The space that a vCPU has loaded. */
  long loaded(int vcpu) {
    return loaded.get(vcpu * SharedWords.STRIDE);
  }

  /** A vCPU is about to load a space. */
  void enter(int vcpu, long space) {
    loaded.getAndSet(vcpu * SharedWords.STRIDE, space);
  }

  /** A vCPU has left the space that it had loaded, and cached nothing of it. */
  void leave(int vcpu) {
    loaded.getAndSet(vcpu * SharedWords.STRIDE, NO_SPACE);
    // Who waits for an answer of this vCPU need not.
    events.announce();
  }

  /**
   * Flushes an address, or {@link #ALL}, of a space on every vCPU that has it loaded, this one too.
   * In guest mode; what was changed in the tables was changed before.
   */
  void flush(Vcpu vcpu, long space, long gva) {
    vcpu.fence();
    int self = vcpu.index();
    if (isLoaded(self, space)) {
      local.flush(vcpu, gva);
    }
    addresses.set(self * SharedWords.STRIDE, gva);
    boolean[] isAsked = new boolean[vcpus];
    boolean isAnyAsked = false;
    for (int other = 0; other < vcpus; other++) {
      if (other != self && isLoaded(other, space)) {
        letters.set(box(self, other), 1 + numbers.getAndAdd(self * SharedWords.STRIDE, 1));
        isAsked[other] = true;
        isAnyAsked = true;
        counters.count(self, GuestStat.SHOOTDOWN_IPIS, 1);
        events.interrupt(other);
      }
    }
    if (isAnyAsked) {
      events.await(vcpu, () -> haveAnswered(self, space, isAsked), this::takeLetters);
    }
  }

  private boolean haveAnswered(int self, long space, boolean[] isAsked) {
    for (int other = 0; other < vcpus; other++) {
      if (isAsked[other] && letters.get(box(self, other)) != 0 && isLoaded(other, space)) {
        return false;
      }
    }
    return true;
  }

  private boolean isLoaded(int vcpu, long space) {
    long has = loaded(vcpu);
    return space == ANY_SPACE ? has != NO_SPACE : has == space;
  }

  /** Does what other vCPUs have asked of this one. In guest mode, in supervisor mode. */
  void takeLetters(Vcpu vcpu) {
    boolean isAny = false;
    for (int sender = 0; sender < vcpus; sender++) {
      int box = box(sender, vcpu.index());
      long letter;
      while ((letter = letters.get(box)) != 0) {
        local.flush(vcpu, addresses.get(sender * SharedWords.STRIDE));
        // Another letter may have come where the sender did not wait for this one.
        letters.compareAndExchange(box, letter, 0);
        isAny = true;
      }
    }
    if (isAny) {
      events.announce();
    }
  }

  private int box(int sender, int receiver) {
    return sender * vcpus + receiver;
  }
}
