package dev.gnomon.cli.vm;

import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.memory.HostAddressSpace;
import dev.gnomon.mmu.notify.MmuNotifier;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.HostPages;

/**
 * Writes pages out ahead of the reclaimer, as a host does in the background, so that it finds clean
 * ones. Each page is first taken from the guest, which may map it again, and write it, while it is
 * saved; and aged before that is done. A hand goes round.
 *
 * <p>A page that was cleaned so and is then evicted is lost if the MMU says nothing of a later
 * write.
 */
final class PageCleaner {
  private static final int PORTION = 16;

  private final VirtualMachine vm;
  private final long[] started = new long[PORTION];
  private int count;
  private long hand;

  PageCleaner(VirtualMachine vm) {
    this.vm = vm;
    hand = vm.baseHvn();
  }

  /** Takes the next few pages from the guest; {@link #finish} saves them. */
  void start(Cpu cpu) {
    HostAddressSpace space = vm.hostSpace();
    long end = vm.baseHvn() + vm.memoryMap().frames();
    count = 0;
    for (int looked = 0; looked < PORTION; looked++) {
      hand = space.nextTouched(hand, end);
      if (hand >= end) {
        hand = vm.baseHvn();
        return;
      }
      if (space.present(hand) != HostPages.ABSENT && space.startWriteBack(cpu, hand)) {
        started[count++] = hand;
      }
      hand++;
    }
  }

  /**
   * Ages and saves the pages that were taken, and evicts those that are not used at that moment.
   */
  void finish(Cpu cpu) {
    MmuNotifier notifier = vm.mmu().notifier();
    for (int i = 0; i < count; i++) {
      long hvn = started[i];
      notifier.clearYoung(cpu, hvn, hvn + 1);
      vm.hostSpace().finishWriteBack(cpu, hvn);
      if (!notifier.testYoung(cpu, hvn, hvn + 1)) {
        vm.hostSpace().evict(cpu, hvn);
      }
    }
    count = 0;
  }
}
