package dev.gnomon.cli.stress;

import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.memory.HostAddressSpace;
import dev.gnomon.mmu.Mmu;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import java.util.Random;

/** The things a host does that disputed rules are about. */
final class HostDrivers {
  private static final int JITTER = 100;
  private static final int LONG = 400;

  private HostDrivers() {}

  /** Ages pages and takes them away, at varying distances. */
  static void ageAndReclaim(Cpu cpu, StressVm stress, Pages pages) {
    Random random = new Random(stress.seed());
    VirtualMachine vm = stress.vm();
    while (!stress.isOver()) {
      long hvn = stress.hvn(pages.gpa(random.nextInt(pages.count())));
      vm.mmu().notifier().clearYoung(cpu, hvn, hvn + 1);
      jitter(cpu, stress, random);
      vm.hostSpace().evict(cpu, hvn);
      jitter(cpu, stress, random);
    }
  }

  /**
   * Writes pages out, which are mapped again meanwhile and aged, and then takes them away: so a
   * page may be clean, and read-only by its entry, when it goes.
   */
  static void cleanAndReclaim(Cpu cpu, StressVm stress, Pages pages) {
    Random random = new Random(stress.seed());
    HostAddressSpace space = stress.vm().hostSpace();
    while (!stress.isOver()) {
      long hvn = stress.hvn(pages.gpa(random.nextInt(pages.count())));
      space.startWriteBack(cpu, hvn);
      stress.pause(cpu, LONG);
      stress.vm().mmu().notifier().clearYoung(cpu, hvn, hvn + 1);
      space.finishWriteBack(cpu, hvn);
      jitter(cpu, stress, random);
      space.evict(cpu, hvn);
      jitter(cpu, stress, random);
    }
  }

  /** Takes pages away. */
  static void reclaim(Cpu cpu, StressVm stress, Pages pages) {
    Random random = new Random(stress.seed());
    while (!stress.isOver()) {
      stress.vm().hostSpace().evict(cpu, stress.hvn(pages.gpa(random.nextInt(pages.count()))));
      jitter(cpu, stress, random);
    }
  }

  /** Copies what the dirty log reports; at the end the copy must equal the memory. */
  static void copyByLog(Cpu cpu, StressVm stress, Pages pages) {
    copyByLog(cpu, stress, pages, false);
  }

  /** The same, with pages aged before each report. */
  static void ageAndCopyByLog(Cpu cpu, StressVm stress, Pages pages) {
    copyByLog(cpu, stress, pages, true);
  }

  private static void copyByLog(Cpu cpu, StressVm stress, Pages pages, boolean ages) {
    Random random = new Random(stress.seed());
    Mmu mmu = stress.vm().mmu();
    long[] bitmap = newBitmap(stress);
    PageCopies copies = new PageCopies(cpu, stress, pages);
    // Let the pages be mapped, large where they can be, before they are logged.
    stress.pause(cpu, LONG);
    mmu.slotChanges().startDirtyLog(cpu, VirtualMachine.LOW_SLOT);
    copies.copyAll();
    for (int round = 0; !stress.isOver() && round < 200; round++) {
      if (ages) {
        for (int page = 0; page < pages.count(); page++) {
          long hvn = stress.hvn(pages.gpa(page));
          mmu.notifier().clearYoung(cpu, hvn, hvn + 1);
        }
      }
      mmu.dirtyLog().get(cpu, VirtualMachine.LOW_SLOT, bitmap);
      copies.copyReported(bitmap);
      jitter(cpu, stress, random);
    }
    stress.stopVcpus(cpu);
    mmu.dirtyLog().get(cpu, VirtualMachine.LOW_SLOT, bitmap);
    copies.copyReported(bitmap);
    copies.compare();
    stress.end();
  }

  /** Makes tables go and come again, and has their frames used at once for guest memory. */
  static void recycleTables(Cpu cpu, StressVm stress, Pages pages) {
    Random random = new Random(stress.seed());
    VirtualMachine vm = stress.vm();
    long[] bitmap = newBitmap(stress);
    vm.mmu().slotChanges().startDirtyLog(cpu, VirtualMachine.LOW_SLOT);
    while (!stress.isOver()) {
      vm.mmu().dirtyLog().get(cpu, VirtualMachine.LOW_SLOT, bitmap);
      jitter(cpu, stress, random);
      vm.mmu().slotChanges().zapAllFast(cpu);
      for (int page = 0; page < pages.count(); page++) {
        vm.hostSpace().migratePage(cpu, stress.hvn(pages.gpa(page)));
      }
      jitter(cpu, stress, random);
    }
  }

  /** Write-tracks pages for a while: then nobody may write them unseen. */
  static void trackWrites(Cpu cpu, StressVm stress, Pages pages) {
    Random random = new Random(stress.seed());
    Mmu mmu = stress.vm().mmu();
    PageCopies copies = new PageCopies(cpu, stress, pages);
    while (!stress.isOver()) {
      int page = random.nextInt(pages.count());
      long gpa = pages.gpa(page);
      long hvn = stress.hvn(gpa);
      mmu.notifier().clearYoung(cpu, hvn, hvn + 1);
      mmu.writeTrack(cpu, PhysicalMemory.pfn(gpa));
      copies.expectSeenWrites(
          page, stress.seenWrites(), () -> stress.pause(cpu, random.nextInt(LONG)));
      mmu.writeUntrack(cpu, PhysicalMemory.pfn(gpa));
      stress.pause(cpu, random.nextInt(LONG));
    }
  }

  private static long[] newBitmap(StressVm stress) {
    return new long[(int) (PhysicalMemory.pfn(stress.vm().config().memoryBytes()) + 63) / 64];
  }

  /** Lets the others go on for a moment, long or short. */
  private static void jitter(Cpu cpu, StressVm stress, Random random) {
    stress.pause(cpu, random.nextInt(JITTER));
  }
}
