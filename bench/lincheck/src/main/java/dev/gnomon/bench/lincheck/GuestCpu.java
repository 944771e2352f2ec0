package dev.gnomon.bench.lincheck;

/** The vCPU: its accesses, and how it handles the faults of its nested walk. */
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
    state.content.set(translate(true), value);
  }

  int read() {
    pollRequests();
    return state.content.get(translate(false));
  }

  private void pollRequests() {
    if (state.request.get() != 0) {
      leaveGuest();
      enterGuest();
    }
  }

  private int translate(boolean isWrite) {
    while (!Spte.allows(tlb, isWrite)) {
      int spte = state.spte.get();
      tlb = Spte.allows(spte, isWrite) ? spte : 0;
      if (tlb == 0) {
        leaveGuest();
        boolean isRetried = !fastPageFault(isWrite) && !slowPageFault(isWrite);
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

  private boolean fastPageFault(boolean isWrite) {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      int old = state.spte.get();
      if (!Spte.isPresent(old)) {
        return false;
      }
      if (Spte.allows(old, isWrite)) {
        return true;
      }
      int fixed = Spte.fixed(old, isWrite);
      if (fixed == old || !Spte.allows(fixed, isWrite)) {
        return false;
      }
      if (state.spte.compareAndSet(old, fixed)) {
        return true;
      }
    }
    return false;
  }

  private boolean slowPageFault(boolean isWrite) {
    int sequence = state.invalidations.get();
    int pte = state.bringIn();
    state.mmuLock.readLock();
    boolean isFixed = false;
    if (state.invalidating.get() == 0 && state.invalidations.get() == sequence) {
      int old = state.spte.get();
      isFixed =
          Spte.allows(old, isWrite) || state.spte.compareAndSet(old, Spte.make(HostPte.frame(pte)));
    }
    state.mmuLock.readUnlock();
    return isFixed;
  }
}
