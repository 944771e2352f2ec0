package dev.gnomon.machine.processor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.mmu.platform.Cpu;
import java.util.BitSet;
import java.util.Random;

/**
 * What a host does to a VM between the accesses of its guests: moves and protects pages, asks for
 * their age, zaps everything, logs what is written. Of the log it knows what must be in it. The
 * vCPU is outside the guest.
 */
final class HostUnrest {
  private static final int SLOT = 0;
  private static final int PAGES = (int) (ProcessorRig.MEMORY >> 12);

  private final ProcessorRig rig;
  private final Random random;
  private final Cpu cpu;
  private final BitSet written = new BitSet();
  private boolean isLogging;

  HostUnrest(ProcessorRig rig, Random random) {
    this.rig = rig;
    this.random = random;
    cpu = rig.vm.hostCpu(0);
  }

  /** A guest has written at a gpa, or had A or D set there. */
  void written(long gpa) {
    if (isLogging && gpa < ProcessorRig.MEMORY) {
      written.set((int) (gpa >>> 12));
    }
  }

  /** Does something, or nothing. */
  void act() {
    long hvn = rig.vm.baseHvn() + random.nextInt(PAGES / 8);
    switch (random.nextInt(12)) {
      case 0 -> rig.vm.hostSpace().migratePage(cpu, hvn);
      case 1 -> {
        rig.vm.hostSpace().protect(cpu, hvn, 1, false);
        rig.vm.hostSpace().protect(cpu, hvn, 1, true);
      }
      case 2 -> rig.vm.mmu().notifier().clearYoung(cpu, hvn, hvn + 4);
      case 3 -> rig.vm.mmu().notifier().testYoung(cpu, hvn, hvn + 4);
      case 4 -> rig.vm.mmu().slotChanges().zapAllFast(cpu);
      case 5, 6 -> switchLog();
      case 7, 8 -> checkLog();
      default -> {}
    }
  }

  private void switchLog() {
    if (isLogging) {
      checkLog();
      rig.vm.mmu().slotChanges().stopDirtyLog(cpu, SLOT);
    } else {
      rig.vm.mmu().slotChanges().startDirtyLog(cpu, SLOT);
    }
    written.clear();
    isLogging = !isLogging;
  }

  /** Takes the log: nothing that was written may be missing. */
  private void checkLog() {
    if (isLogging) {
      long[] words = new long[PAGES / Long.SIZE];
      rig.vm.mmu().dirtyLog().get(cpu, SLOT, words);
      BitSet missing = (BitSet) written.clone();
      missing.andNot(BitSet.valueOf(words));
      assertThat(missing).as("pages written and not logged").isEqualTo(new BitSet());
      written.clear();
    }
  }
}
