package dev.gnomon.bench.lincheck;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;

/** The words that the vCPU and the host share, and the MMU lock. */
final class SharedState {
  private static final int FRAMES = 2;

  final AtomicInteger spte = new AtomicInteger();
  final AtomicInteger hostPte = new AtomicInteger();
  final AtomicIntegerArray content = new AtomicIntegerArray(FRAMES);
  final AtomicIntegerArray dirty = new AtomicIntegerArray(FRAMES);
  final AtomicIntegerArray hasSlot = new AtomicIntegerArray(FRAMES);
  final AtomicIntegerArray free = new AtomicIntegerArray(FRAMES);
  final AtomicInteger swap = new AtomicInteger();
  final AtomicInteger request = new AtomicInteger();
  final AtomicInteger mode = new AtomicInteger();
  final AtomicInteger invalidations = new AtomicInteger();
  final AtomicInteger invalidating = new AtomicInteger();
  final MmuLock mmuLock = new MmuLock();

  /** Nothing has happened yet. */
  static SharedState untouched() {
    SharedState state = new SharedState();
    state.free.set(0, 1);
    state.free.set(1, 1);
    return state;
  }

  /** The page was written, aged and saved: it is clean, and its entry is access-tracked. */
  static SharedState cleaned(int value) {
    SharedState state = new SharedState();
    state.free.set(1, 1);
    state.content.set(0, value);
    state.swap.set(value);
    state.hasSlot.set(0, 1);
    state.hostPte.set(HostPte.present(0));
    state.spte.set(Spte.PRESENT | Spte.MMU_WRITABLE | Spte.ACCESS_TRACKED);
    return state;
  }

  int allocate() {
    int frame = free.compareAndSet(0, 1, 0) ? 0 : 1;
    if (frame == 1) {
      free.set(1, 0);
    }
    dirty.set(frame, 0);
    return frame;
  }

  void markDirty(int frame) {
    if (dirty.get(frame) == 0) {
      dirty.set(frame, 1);
    }
  }

  boolean clearDirty(int frame) {
    return dirty.get(frame) != 0 && dirty.getAndSet(frame, 0) != 0;
  }

  /** Makes the page present; returns the host's entry. */
  int bringIn() {
    while (true) {
      int pte = hostPte.get();
      if (HostPte.isPresent(pte)) {
        return pte;
      }
      if (pte == HostPte.BUSY) {
        awaitChange(hostPte, HostPte.BUSY);
      } else if (hostPte.compareAndSet(pte, HostPte.BUSY)) {
        int frame = allocate();
        content.set(frame, pte == HostPte.SWAPPED ? swap.get() : 0);
        hasSlot.set(frame, pte == HostPte.SWAPPED ? 1 : 0);
        int present = HostPte.present(frame);
        hostPte.set(present);
        return present;
      }
    }
  }

  static void awaitChange(AtomicInteger word, int seen) {
    while (word.get() == seen) {
      Thread.onSpinWait();
    }
  }

  /** What the guest would read now, when all is over. */
  int pageContent() {
    int pte = hostPte.get();
    if (HostPte.isPresent(pte)) {
      return content.get(HostPte.frame(pte));
    }
    return pte == HostPte.SWAPPED ? swap.get() : 0;
  }
}
