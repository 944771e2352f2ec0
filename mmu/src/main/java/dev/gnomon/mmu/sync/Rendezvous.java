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

  private final Platform platform;

  /**
   * By vCPU: the first word of an array of its own, so that a poll is as few loads as can be. The
   * rest of the array keeps others away.
   */
  private final SharedWords[] requests;

  private final SharedWords modes;

  public Rendezvous(Platform platform, int vcpus) {
    this.platform = platform;
    requests = new SharedWords[vcpus];
    for (int i = 0; i < vcpus; i++) {
      requests[i] = platform.newWords(SharedWords.STRIDE);
    }
    modes = platform.newWords(mode(vcpus));
  }

  /** How many vCPUs take part. */
  public int vcpus() {
    return requests.length;
  }

  /**
   * Tries to enter guest mode.
   *
   * @return false, and the vCPU is outside, if there is a request: handle it and try again
   */
  public boolean enter(int vcpu) {
    int mode = mode(vcpu);
    modes.set(mode, modes.get(mode) + ENTRY | IN_GUEST_MODE);
    platform.fullFence();
    if (isRequested(vcpu)) {
      leave(vcpu);
      return false;
    }
    return true;
  }

  /** Leaves guest mode. */
  public void leave(int vcpu) {
    int mode = mode(vcpu);
    modes.set(mode, modes.get(mode) & ~IN_GUEST_MODE);
  }

  /** Whether the vCPU is in guest mode. */
  public boolean isInGuestMode(int vcpu) {
    return (modes.get(mode(vcpu)) & IN_GUEST_MODE) != 0;
  }

  /** Whether there is any request for the vCPU. */
  public boolean isRequested(int vcpu) {
    return requests[vcpu].get(0) != 0;
  }

  /**
   * The words whose first holds the vCPU's requests, 0 if there are none: for its poll before each
   * guest access.
   */
  public SharedWords requests(int vcpu) {
    return requests[vcpu];
  }

  /** Takes those of the requests in {@code mask} that are set, clearing them. */
  public long take(int vcpu, long mask) {
    SharedWords mine = requests[vcpu];
    return (mine.get(0) & mask) == 0 ? 0 : mine.getAndAnd(0, ~mask) & mask;
  }

  /**
   * Sets requests of one vCPU. It notices when it next enters or, in guest mode, before its next
   * access.
   */
  public void request(int vcpu, long bits) {
    requests[vcpu].getAndOr(0, bits);
  }

  /** Sets requests of every vCPU, then waits until each that was in guest mode has left it. */
  public void requestAllAndWait(Cpu cpu, long bits) {
    for (int vcpu = 0; vcpu < requests.length; vcpu++) {
      request(vcpu, bits);
    }
    for (int vcpu = 0; vcpu < requests.length; vcpu++) {
      awaitExit(cpu, vcpu);
    }
  }

  /**
   * Waits until the vCPU, if it is in guest mode, has left it. A request must have been set before.
   */
  public void awaitExit(Cpu cpu, int vcpu) {
    int mode = mode(vcpu);
    long seen = modes.get(mode);
    if ((seen & IN_GUEST_MODE) != 0) {
      while (modes.get(mode) == seen) {
        cpu.awaitChange(modes, mode, seen);
      }
    }
  }

  /** Waits until the vCPU has a request. For a vCPU outside guest mode that has nothing to do. */
  public void awaitRequest(Cpu cpu, int vcpu) {
    SharedWords mine = requests[vcpu];
    while (mine.get(0) == 0) {
      cpu.awaitChange(mine, 0, 0);
    }
  }

  /**
   * Where the mode of a vCPU is. Not at the very start: there lies, in an array, the length, and
   * the entries of vCPU 0 would take it from the others' caches.
   */
  private static int mode(int vcpu) {
    return (vcpu + 1) * SharedWords.STRIDE;
  }
}
