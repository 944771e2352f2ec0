package dev.gnomon.bench.lincheck;

/** The host's memory manager and the MMU's answers to it. */
final class Host {
  private static final int IN_GUEST_MODE = 1;

  private final SharedState state;
  private final boolean isVolatileExchanged;

  /**
   * A host.
   *
   * @param isVolatileExchanged {@code tdp-write=exchange-if-volatile}, or else {@code plain}
   */
  Host(SharedState state, boolean isVolatileExchanged) {
    this.state = state;
    this.isVolatileExchanged = isVolatileExchanged;
  }

  void startWriteBack() {
    int pte = claim();
    if (pte != HostPte.EMPTY) {
      invalidateStart();
      state.hostPte.set(pte);
      invalidateEnd();
    }
  }

  /** The dirt goes first, then the translations, then the page is saved. */
  void finishWriteBack() {
    if (HostPte.isPresent(state.hostPte.get())) {
      int frame = pin();
      if (state.clearDirty(frame)) {
        flush();
        save(frame);
      }
      state.hostPte.getAndAdd(-HostPte.PIN);
    }
  }

  private int pin() {
    while (true) {
      int pte = state.bringIn();
      if (state.hostPte.compareAndSet(pte, pte | HostPte.PIN)) {
        return HostPte.frame(pte);
      }
    }
  }

  void clearYoung() {
    state.mmuLock.writeLock();
    int spte = state.spte.get();
    if (Spte.isPresent(spte) && !Spte.isAccessTracked(spte)) {
      replace(spte, (spte & ~Spte.WRITABLE) | Spte.ACCESS_TRACKED);
    }
    state.mmuLock.writeUnlock();
  }

  void evict() {
    int pte = claim();
    if (pte != HostPte.EMPTY) {
      int frame = HostPte.frame(pte);
      invalidateStart();
      if (state.clearDirty(frame)) {
        save(frame);
      }
      state.hostPte.set(state.hasSlot.get(frame) != 0 ? HostPte.SWAPPED : HostPte.DROPPED);
      invalidateEnd();
      state.free.set(frame, 1);
    }
  }

  private int claim() {
    int pte = state.hostPte.get();
    boolean isFree = HostPte.isPresent(pte) && !HostPte.isPinned(pte);
    return isFree && state.hostPte.compareAndSet(pte, HostPte.BUSY) ? pte : HostPte.EMPTY;
  }

  private void invalidateStart() {
    state.mmuLock.writeLock();
    state.invalidating.set(state.invalidating.get() + 1);
    int spte = state.spte.get();
    if (Spte.isPresent(spte)) {
      replace(spte, 0);
      flush();
    }
    state.mmuLock.writeUnlock();
  }

  private void invalidateEnd() {
    state.mmuLock.writeLock();
    state.invalidations.set(state.invalidations.get() + 1);
    state.invalidating.set(state.invalidating.get() - 1);
    state.mmuLock.writeUnlock();
  }

  /** Under the write lock: writes the entry, and hands over the dirt that it loses. */
  private void replace(int read, int spte) {
    int old = read;
    if (isVolatileExchanged && Spte.isVolatile(read)) {
      old = state.spte.getAndSet(spte);
    } else {
      state.spte.set(spte);
    }
    if (Spte.isWritable(old)) {
      state.markDirty(Spte.frame(old));
    }
  }

  private void flush() {
    state.request.set(1);
    int seen = state.mode.get();
    if ((seen & IN_GUEST_MODE) != 0) {
      SharedState.awaitChange(state.mode, seen);
    }
  }

  private void save(int frame) {
    state.hasSlot.set(frame, 1);
    state.swap.set(state.content.get(frame));
  }
}
