package dev.gnomon.machine.fuzz;

import dev.gnomon.mmu.config.DirtyLogKind;
import dev.gnomon.mmu.dirty.DirtyLog;

/**
 * The dirty log as a VMM uses it, and what it must report: every page that was written since it was
 * last reported and protected again.
 *
 * <p>And what must hold when the call has returned: no processor has a translation by which a page
 * that was protected can be written without a walk.
 */
final class LoggedPages {
  private final FuzzVm vm;
  private final CacheCheck caches;
  private final DirtyLog log;
  private final boolean hasRings;
  private final boolean isManual;
  private final boolean startsSet;

  private final boolean[] isDirty = new boolean[FuzzVm.PAGES];
  private final boolean[] isReported = new boolean[FuzzVm.PAGES];
  private final boolean[] isLogged = new boolean[2];
  private final long[] bitmap = new long[FuzzVm.LOW_PAGES / Long.SIZE];

  LoggedPages(FuzzVm vm, CacheCheck caches) {
    this.vm = vm;
    this.caches = caches;
    log = vm.vm.mmu().dirtyLog();
    hasRings = vm.vm.config().mmu().dirtyLog() == DirtyLogKind.RING;
    isManual = vm.vm.config().mmu().manualProtect() && !hasRings;
    startsSet = vm.vm.config().mmu().initiallySet() && !hasRings;
  }

  private static int slot(int page) {
    return page < FuzzVm.LOW_PAGES ? 0 : 1;
  }

  private static int first(int slot) {
    return slot == 0 ? 0 : FuzzVm.LOW_PAGES;
  }

  private static int pages(int slot) {
    return slot == 0 ? FuzzVm.LOW_PAGES : FuzzVm.HIGH_PAGES;
  }

  /** The guest, or a walk for it, has written a page. */
  void written(int page) {
    isDirty[page] = isLogged[slot(page)];
  }

  /** KVM_SET_USER_MEMORY_REGION with the flag. */
  void start(int slot) {
    if (!isLogged[slot] && (slot == 0 || vm.isHighThere())) {
      vm.vm.mmu().slotChanges().startDirtyLog(vm.host, slot);
      isLogged[slot] = true;
      for (int page = first(slot); page < first(slot) + pages(slot); page++) {
        isDirty[page] = false;
        isReported[page] = false;
      }
      if (!startsSet) {
        requireProtected(slot);
      }
    }
  }

  /** And without. */
  void stop(int slot) {
    if (isLogged[slot]) {
      read(slot);
      vm.vm.mmu().slotChanges().stopDirtyLog(vm.host, slot);
      isLogged[slot] = false;
    }
  }

  /** Reads the log of a slot; rings are those of all slots. */
  void read(int slot) {
    if (!isLogged[slot]) {
      return;
    }
    if (hasRings) {
      harvest();
      caches.check(page -> isLogged[slot(page)]);
      return;
    }
    log.get(vm.host, slot, bitmap);
    for (int i = 0; i < pages(slot); i++) {
      boolean isSet = (bitmap[i / Long.SIZE] >>> i & 1) != 0;
      int page = first(slot) + i;
      if (isDirty[page] && !isSet) {
        throw missing(page);
      }
      isReported[page] = isSet;
      if (!isManual) {
        isDirty[page] = false;
      }
    }
    if (!isManual) {
      requireProtected(slot);
    }
  }

  /** With manual protect: clears what was reported of 64 pages, as far as the mask says. */
  void clear(int slot, long which, long mask) {
    if (!isLogged[slot] || !isManual) {
      return;
    }
    int offset = (int) Long.remainderUnsigned(which, pages(slot) / Long.SIZE) * Long.SIZE;
    long bits = 0;
    for (int i = 0; i < Long.SIZE; i++) {
      int page = first(slot) + offset + i;
      if (isReported[page] && (mask >>> i & 1) != 0) {
        bits |= 1L << i;
        isReported[page] = false;
        isDirty[page] = false;
      }
    }
    log.clear(vm.host, slot, offset, Long.SIZE, new long[] {bits});
    int base = first(slot) + offset;
    long cleared = bits;
    caches.check(
        page -> page >= base && page < base + Long.SIZE && (cleared >>> page - base & 1) != 0);
  }

  /** Takes what the rings report. */
  void harvest() {
    if (!hasRings) {
      return;
    }
    log.harvest(vm.host, (slot, offset) -> isReported[first(slot) + (int) offset] = true);
    for (int page = 0; page < FuzzVm.PAGES; page++) {
      if (isLogged[slot(page)]) {
        if (isDirty[page] && !isReported[page]) {
          throw missing(page);
        }
        isDirty[page] = false;
      }
      isReported[page] = false;
    }
  }

  /** Ends all logging. */
  void finish() {
    stop(0);
    stop(1);
  }

  private void requireProtected(int slot) {
    caches.check(page -> slot(page) == slot);
  }

  private static Divergence missing(int page) {
    return new Divergence("the dirty log lacks page %x".formatted(page));
  }
}
