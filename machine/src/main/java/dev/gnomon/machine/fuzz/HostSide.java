package dev.gnomon.machine.fuzz;

import dev.gnomon.machine.memory.HostAddressSpace;
import dev.gnomon.mmu.Mmu;
import java.util.List;

/** What the host does. Outside the guest. */
final class HostSide {
  private final FuzzVm vm;
  private final Mmu mmu;
  private final HostAddressSpace space;
  private final CacheCheck caches;
  private final LoggedPages log;
  private final boolean[] isTracked = new boolean[FuzzVm.LOW_PAGES];

  HostSide(FuzzVm vm) {
    this.vm = vm;
    mmu = vm.vm.mmu();
    space = vm.vm.hostSpace();
    caches = new CacheCheck(vm);
    log = new LoggedPages(vm, caches);
  }

  /** The guest, or a walk for it, has written a page. */
  void written(int page) {
    log.written(page);
  }

  /** A vCPU waits: the one thing that it may wait for is room in its ring. */
  void help() {
    log.harvest();
  }

  /** Whether guests' writes to a page must leave the guest. */
  boolean isTracked(int page) {
    return page < FuzzVm.LOW_PAGES && isTracked[page];
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
      case LOG_ON -> log.start(slot);
      case LOG_GET -> log.read(slot);
      case LOG_CLEAR -> log.clear(slot, operation.b(), operation.c());
      case LOG_OFF -> log.stop(slot);
      case TRACK -> {
        if (page < FuzzVm.LOW_PAGES && !isTracked[page]) {
          mmu.writeTrack(vm.host, page);
          isTracked[page] = true;
          caches.check(this::isTracked);
        }
      }
      case UNTRACK -> untrack(page);
      case SLOT_DELETE -> {
        log.stop(1);
        vm.delete();
      }
      case SLOT_PLACE -> {
        log.stop(1);
        vm.place(operation.a(), (operation.a() & 2) != 0);
      }
      case ZAP -> mmu.slotChanges().zapAllFast(vm.host);
      case AUDIT -> audit();
      default -> throw new IllegalStateException("no operation of the host: " + operation.text());
    }
  }

  private static int last(int page) {
    return page < FuzzVm.LOW_PAGES ? FuzzVm.LOW_PAGES - 1 : FuzzVm.PAGES - 1;
  }

  private void untrack(int page) {
    if (isTracked(page)) {
      mmu.writeUntrack(vm.host, page);
      isTracked[page] = false;
    }
  }

  /** Checks every invariant of the MMU, and what processors have cached. */
  void audit() {
    List<String> violations = mmu.audit(vm.host);
    if (!violations.isEmpty()) {
      throw new Divergence("audit: " + violations.getFirst());
    }
    caches.check(this::isTracked);
  }

  /** Ends logging and tracking. */
  void finish() {
    log.finish();
    for (int page = 0; page < FuzzVm.LOW_PAGES; page++) {
      untrack(page);
    }
  }
}
