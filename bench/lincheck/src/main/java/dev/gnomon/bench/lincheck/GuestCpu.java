package dev.gnomon.bench.lincheck;

/** The vCPU: its writes, and how it handles the faults of its nested walk. */
final class GuestCpu {
  private static final int IN_GUEST_MODE = 1;
  private static final int ENTRY = 2;
  private static final int ATTEMPTS = 4;

  private final SharedState state;
  private int tlb;

  GuestCpu(SharedState state) {
    this.state = state;
  }

  void enterGuest() {
    while (true) {
      if (state.request.get() != 0) {
        state.request.set(0);
        tlb = 0;
      }
      state.mode.set((state.mode.get() + ENTRY) | IN_GUEST_MODE);
      if (state.request.get() == 0) {
        return;
      }
      leaveGuest();
    }
  }

  void leaveGuest() {
    state.mode.set(state.mode.get() & ~IN_GUEST_MODE);
  }

  void write(int value) {
    pollRequests();
    state.content.set(translate(), value);
  }

  private void pollRequests() {
    if (state.request.get() != 0) {
      leaveGuest();
      enterGuest();
    }
  }

  private int translate() {
    while (!Spte.allows(tlb)) {
      int spte = state.spte.get();
      tlb = Spte.allows(spte) ? spte : 0;
      if (tlb == 0) {
        leaveGuest();
        boolean isRetried = !fastPageFault() && !slowPageFault();
        enterGuest();
        if (isRetried) {
          awaitInvalidation();
        }
      }
    }
    return Spte.frame(tlb);
  }

  /** Until trying again can help. */
  private void awaitInvalidation() {
    while (state.invalidating.get() != 0 && state.request.get() == 0) {
      Thread.onSpinWait();
    }
  }

  private boolean fastPageFault() {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      int old = state.spte.get();
      if (!Spte.isPresent(old)) {
        return false;
      }
      if (Spte.allows(old)) {
        return true;
      }
      int fixed = Spte.fixed(old);
      if (fixed == old || !Spte.allows(fixed)) {
        return false;
      }
      if (state.spte.compareAndSet(old, fixed)) {
        return true;
      }
    }
    return false;
  }

  private boolean slowPageFault() {
    int sequence = state.invalidations.get();
    int pte = state.bringIn();
    state.mmuLock.readLock();
    boolean isFixed = false;
    if (state.invalidating.get() == 0 && state.invalidations.get() == sequence) {
      int old = state.spte.get();
      isFixed = Spte.allows(old) || state.spte.compareAndSet(old, Spte.make(HostPte.frame(pte)));
    }
    state.mmuLock.readUnlock();
    return isFixed;
  }
}
