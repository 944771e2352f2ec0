package dev.gnomon.mmu.sync;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;

/**
 * How anyone gets the attention of vCPUs that run guest code.
 *
 * <p>Each vCPU has a word of requests and a word that says whether it is in guest mode. Who wants
 * something sets request bits by a read-modify-write, then looks at the mode; a vCPU that enters
 * announces guest mode, then (full barrier) looks at its requests. So either the requester sees it
 * in guest mode and waits for it to leave, or the vCPU sees the request and does not enter. While
 * in guest mode it looks at its request word before each access; that is the kick (an IPI is taken
 * between instructions), and whatever it did through its TLB before is done when it leaves.
 *
 * <p>The mode word counts entries, so that a waiter cannot mistake a later stay in guest mode for
 * the one that it waits for.
 */
public final class Rendezvous {
  private static final long IN_GUEST_MODE = 1;
  private static final long ENTRY = 2;
  private static final int REQUESTS = 0;
  private static final int MODE = 1;

  private final Platform platform;
  private final int vcpus;
  private final SharedWords words;

  public Rendezvous(Platform platform, int vcpus) {
    this.platform = platform;
    this.vcpus = vcpus;
    words = platform.newWords(base(vcpus));
  }

  /** How many vCPUs take part. */
  public int vcpus() {
    return vcpus;
  }

  /**
   * Tries to enter guest mode.
   *
   * @return false, and the vCPU is outside, if there is a request: handle it and try again
   */
  public boolean enter(int vcpu) {
    int base = base(vcpu);
    words.set(base + MODE, words.get(base + MODE) + ENTRY | IN_GUEST_MODE);
    platform.fullFence();
    if (words.get(base + REQUESTS) != 0) {
      leave(vcpu);
      return false;
    }
    return true;
  }

  /** Leaves guest mode. */
  public void leave(int vcpu) {
    int mode = base(vcpu) + MODE;
    words.set(mode, words.get(mode) & ~IN_GUEST_MODE);
  }

  /** Whether the vCPU is in guest mode. */
  public boolean isInGuestMode(int vcpu) {
    return (words.get(base(vcpu) + MODE) & IN_GUEST_MODE) != 0;
  }

  /** Whether there is any request for the vCPU: the poll before each guest access. */
  public boolean isRequested(int vcpu) {
    return words.get(base(vcpu) + REQUESTS) != 0;
  }

  /** Takes those of the requests in {@code mask} that are set, clearing them. */
  public long take(int vcpu, long mask) {
    int requests = base(vcpu) + REQUESTS;
    if ((words.get(requests) & mask) == 0) {
      return 0;
    }
    return words.getAndAnd(requests, ~mask) & mask;
  }

  /**
   * Sets requests of one vCPU. It notices when it next enters or, in guest mode, before its next
   * access.
   */
  public void request(int vcpu, long bits) {
    words.getAndOr(base(vcpu) + REQUESTS, bits);
  }

  /** Sets requests of every vCPU, then waits until each that was in guest mode has left it. */
  public void requestAllAndWait(Cpu cpu, long bits) {
    for (int vcpu = 0; vcpu < vcpus; vcpu++) {
      request(vcpu, bits);
    }
    for (int vcpu = 0; vcpu < vcpus; vcpu++) {
      awaitExit(cpu, vcpu);
    }
  }

  /**
   * Waits until the vCPU, if it is in guest mode, has left it. A request must have been set before.
   */
  public void awaitExit(Cpu cpu, int vcpu) {
    int mode = base(vcpu) + MODE;
    long seen = words.get(mode);
    if ((seen & IN_GUEST_MODE) != 0) {
      while (words.get(mode) == seen) {
        cpu.awaitChange(words, mode, seen);
      }
    }
  }

  /** Waits until the vCPU has a request. For a vCPU outside guest mode that has nothing to do. */
  public void awaitRequest(Cpu cpu, int vcpu) {
    int requests = base(vcpu) + REQUESTS;
    while (words.get(requests) == 0) {
      cpu.awaitChange(words, requests, 0);
    }
  }

  /**
   * Where the words of a vCPU begin. Not at the very start: there lies, in an array, the length
   * that every poll loads, and the entries of vCPU 0 would take it from the others' caches.
   */
  private static int base(int vcpu) {
    return (vcpu + 1) * SharedWords.STRIDE;
  }
}
