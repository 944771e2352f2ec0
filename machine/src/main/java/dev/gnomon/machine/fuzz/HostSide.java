package dev.gnomon.machine.fuzz;

import dev.gnomon.machine.memory.HostAddressSpace;
import dev.gnomon.mmu.Mmu;
import java.util.Arrays;
import java.util.List;

/** What the host does, and what it must learn: the dirty log. Outside the guest. */
final class HostSide {
  private final FuzzVm vm;
  private final Mmu mmu;
  private final HostAddressSpace space;
  private final boolean[] isDirty = new boolean[FuzzVm.PAGES];
  private final boolean[] isLogged = new boolean[2];
  private final int[] tracked = new int[FuzzVm.PAGES];
  private final long[] bitmap = new long[FuzzVm.LOW_PAGES / Long.SIZE];

  HostSide(FuzzVm vm) {
    this.vm = vm;
    mmu = vm.vm.mmu();
    space = vm.vm.hostSpace();
  }

  private static int slot(int page) {
    return page < FuzzVm.LOW_PAGES ? 0 : 1;
  }

  /** The guest, or a walk for it, has written a page. */
  void written(int page) {
    isDirty[page] = isLogged[slot(page)];
  }

  boolean isTracked(int page) {
    return tracked[page] > 0;
  }

  /** Does one thing. */
  void perform(Operation operation) {
    int page = (int) Long.remainderUnsigned(operation.a(), FuzzVm.PAGES);
    int slot = (int) (operation.a() & 1);
    long end = vm.hvn(page) + Math.clamp(operation.b(), 1, last(page) - page + 1);
    switch (operation.kind()) {
      case EVICT -> space.evict(vm.host, vm.hvn(page));
      case MIGRATE -> space.migratePage(vm.host, vm.hvn(page));
      case PROTECT -> {
        space.protect(vm.host, vm.hvn(page), 1, false);
        space.protect(vm.host, vm.hvn(page), 1, true);
      }
      case AGE -> mmu.notifier().clearYoung(vm.host, vm.hvn(page), end);
      case TEST -> mmu.notifier().testYoung(vm.host, vm.hvn(page), end);
      case LOG_ON -> startLog(slot);
      case LOG_GET -> readLog(slot);
      case LOG_OFF -> stopLog(slot);
      case TRACK -> {
        if (page < FuzzVm.LOW_PAGES && tracked[page] == 0) {
          mmu.writeTrack(vm.host, page);
          tracked[page]++;
        }
      }
      case UNTRACK -> untrack(page);
      case SLOT_DELETE -> {
        stopLog(1);
        vm.delete();
      }
      case SLOT_PLACE -> {
        stopLog(1);
        vm.place(operation.a());
      }
      case ZAP -> mmu.slotChanges().zapAllFast(vm.host);
      case AUDIT -> audit();
      default -> throw new IllegalStateException("no operation of the host: " + operation.text());
    }
  }

  private static int last(int page) {
    return page < FuzzVm.LOW_PAGES ? FuzzVm.LOW_PAGES - 1 : FuzzVm.PAGES - 1;
  }

  private void startLog(int slot) {
    if (!isLogged[slot] && (slot == 0 || vm.isHighThere())) {
      mmu.slotChanges().startDirtyLog(vm.host, slot);
      isLogged[slot] = true;
    }
  }

  private void stopLog(int slot) {
    if (isLogged[slot]) {
      readLog(slot);
      mmu.slotChanges().stopDirtyLog(vm.host, slot);
      isLogged[slot] = false;
    }
  }

  private void readLog(int slot) {
    if (!isLogged[slot]) {
      return;
    }
    Arrays.fill(bitmap, 0);
    int pages = slot == 0 ? FuzzVm.LOW_PAGES : FuzzVm.HIGH_PAGES;
    int first = slot == 0 ? 0 : FuzzVm.LOW_PAGES;
    long[] bits = slot == 0 ? bitmap : new long[FuzzVm.HIGH_PAGES / Long.SIZE];
    mmu.dirtyLog().get(vm.host, slot, bits);
    for (int i = 0; i < pages; i++) {
      if (isDirty[first + i] && (bits[i / Long.SIZE] >>> i & 1) == 0) {
        throw new Divergence("the dirty log of slot %d lacks page %x".formatted(slot, i));
      }
      isDirty[first + i] = false;
    }
  }

  private void untrack(int page) {
    if (tracked[page] > 0) {
      mmu.writeUntrack(vm.host, page);
      tracked[page] = 0;
    }
  }

  /** Checks every invariant of the MMU. */
  void audit() {
    List<String> violations = mmu.audit(vm.host);
    if (!violations.isEmpty()) {
      throw new Divergence("audit: " + violations.getFirst());
    }
  }

  /** Ends logging and tracking. */
  void finish() {
    stopLog(0);
    stopLog(1);
    for (int page = 0; page < FuzzVm.LOW_PAGES; page++) {
      untrack(page);
    }
  }
}
