package dev.gnomon.machine.fuzz;

import dev.gnomon.machine.processor.CachedTranslation;
import dev.gnomon.machine.processor.CachedTranslation.Cache;
import dev.gnomon.mmu.platform.PhysicalMemory;
import java.util.function.IntPredicate;

/**
 * What processors still have cached when the host has done something and whoever must flush has
 * flushed: translations to pages of the slots, and no others. A flush that is missing shows here
 * even if the guest uses nothing of what it should have dropped.
 */
final class CacheCheck {
  private static final long OFFSET = PhysicalMemory.FRAME_SIZE - 1;

  private final FuzzVm vm;

  CacheCheck(FuzzVm vm) {
    this.vm = vm;
  }

  /**
   * Checks the caches of all vCPUs. None is in the guest.
   *
   * @param isProtected whether a page must not be written without another walk
   */
  void check(IntPredicate isProtected) {
    for (int i = 0; i < FuzzVm.VCPUS; i++) {
      vm.vcpu(i).lookAtRequests();
      if (!vm.vm.mmu().vcpu(i).hasRoot()) {
        // It drops all of it when it has loaded one.
        continue;
      }
      for (CachedTranslation each : vm.vcpu(i).cachedTranslations()) {
        boolean isGuestPhysical =
            each.cache() == Cache.NESTED_TLB && !vm.vcpu(i).nested().isRunning();
        switch (each.cache()) {
          case TLB, NESTED_TLB -> {
            if (!isGuestPhysical) {
              check(i, each, vm.pageOf(each.hpa()), isProtected);
              continue;
            }
            int page = vm.page(each.address());
            if (page == FuzzVm.NOWHERE || (vm.hpa(page) & ~OFFSET) != smallest(each)) {
              throw wrong(i, each, "is not where the gpa lies");
            }
            check(i, each, page, isProtected);
          }
          case NESTED_TABLES, GUEST_TABLES -> {
            // A walk that goes by them is checked when it is made.
          }
        }
      }
    }
  }

  private static long smallest(CachedTranslation each) {
    long size = PhysicalMemory.FRAME_SIZE << 9 * (each.level() - 1);
    return each.hpa() & -size | each.address() & size - 1 & ~OFFSET;
  }

  private void check(int vcpu, CachedTranslation each, int page, IntPredicate isProtected) {
    if (page == FuzzVm.NOWHERE || vm.gfn(page) == FuzzVm.NOWHERE) {
      throw wrong(vcpu, each, "leads out of the slots");
    }
    boolean isWritable = each.rights().charAt(1) == 'W' && each.rights().contains(" D");
    if (isWritable && vm.isReadOnly(page)) {
      throw wrong(vcpu, each, "lets read-only memory be written");
    }
    if (isWritable && isProtected.test(page)) {
      throw wrong(vcpu, each, "lets page %x be written and not be logged".formatted(page));
    }
  }

  private Divergence wrong(int vcpu, CachedTranslation each, String what) {
    return new Divergence(
        "vCPU %d has cached in its %s: %x is %s, %s: that %s"
            .formatted(
                vcpu, each.cache(), each.address(), vm.describe(each.hpa()), each.rights(), what));
  }
}
