package dev.gnomon.mmu.sync;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;

/**
 * The rendezvous in words: for each vCPU one of requests, set and taken by read-modify-writes, and
 * one that says whether it is in guest mode.
 *
 * <p>The mode word counts entries, so that a waiter cannot mistake a later stay in guest mode for
 * the one that it waits for.
 */
final class WordRendezvous extends Rendezvous {
  private static final long IN_GUEST_MODE = 1;
  private static final long ENTRY = 2;

  private final Platform platform;

  /**
   * By vCPU: the first word of an array of its own, so that a poll is as few loads as can be. The
   * rest of the array keeps others away.
   */
  private final SharedWords[] requests;

  private final SharedWords modes;

  WordRendezvous(Platform platform, int vcpus) {
    this.platform = platform;
    requests = new SharedWords[vcpus];
    for (int i = 0; i < vcpus; i++) {
      requests[i] = platform.newWords(SharedWords.STRIDE);
    }
    modes = platform.newWords(mode(vcpus));
  }

  @Override
  public int vcpus() {
    return requests.length;
  }

  @Override
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

  @Override
  public void leave(int vcpu) {
    int mode = mode(vcpu);
    modes.set(mode, modes.get(mode) & ~IN_GUEST_MODE);
  }

  @Override
  public boolean isInGuestMode(int vcpu) {
    return (modes.get(mode(vcpu)) & IN_GUEST_MODE) != 0;
  }

  @Override
  public boolean isRequested(int vcpu) {
    return requests[vcpu].get(0) != 0;
  }

  @Override
  public SharedWords requests(int vcpu) {
    return requests[vcpu];
  }

  @Override
  public long take(int vcpu, long mask) {
    SharedWords mine = requests[vcpu];
    return (mine.get(0) & mask) == 0 ? 0 : mine.getAndAnd(0, ~mask) & mask;
  }

  @Override
  public void request(int vcpu, long bits) {
    requests[vcpu].getAndOr(0, bits);
  }

  @Override
  public void requestAllAndWait(Cpu cpu, long bits) {
    for (int vcpu = 0; vcpu < requests.length; vcpu++) {
      request(vcpu, bits);
    }
    for (int vcpu = 0; vcpu < requests.length; vcpu++) {
      awaitExit(cpu, vcpu);
    }
  }

  @Override
  public void awaitExit(Cpu cpu, int vcpu) {
    int mode = mode(vcpu);
    long seen = modes.get(mode);
    if ((seen & IN_GUEST_MODE) != 0) {
      while (modes.get(mode) == seen) {
        cpu.awaitChange(modes, mode, seen);
      }
    }
  }

  @Override
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
