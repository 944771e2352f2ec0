package dev.gnomon.cli.run;

import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.guest.Guest;
import dev.gnomon.mmu.config.DirtyLogKind;
import dev.gnomon.mmu.dirty.DirtyLog;
import dev.gnomon.mmu.platform.Cpu;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Switches the dirty log on and reads it again and again, as a VMM does that watches its guest. */
final class LogReader {
  private static final long PERIOD_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private final VirtualMachine vm;
  private final Guest guest;
  private long reports;
  private long pages;

  LogReader(VirtualMachine vm, Guest guest) {
    this.vm = vm;
    this.guest = guest;
  }

  /** Reads until the guest has stopped, and what is left then. */
  void run(Cpu cpu) {
    for (int slot = 0; slot < vm.memorySlots(); slot++) {
      vm.mmu().slotChanges().startDirtyLog(cpu, slot);
    }
    long[] bitmap = new long[(int) (vm.memoryMap().frames() / Long.SIZE)];
    while (!guest.hasStopped()) {
      LockSupport.parkNanos(this, PERIOD_NANOS);
      vm.execution().checkStopped();
      read(cpu, bitmap);
    }
    read(cpu, bitmap);
  }

  private void read(Cpu cpu, long[] bitmap) {
    DirtyLog log = vm.mmu().dirtyLog();
    if (vm.mmu().config().dirtyLog() == DirtyLogKind.RING) {
      pages += log.harvest(cpu, (slot, offset) -> {});
    } else {
      for (int slot = 0; slot < vm.memorySlots(); slot++) {
        pages += log.get(cpu, slot, bitmap);
      }
    }
    reports++;
  }

  /** How often the log was read. When no CPU runs. */
  long reports() {
    return reports;
  }

  /** How many pages it has reported in all. When no CPU runs. */
  long pages() {
    return pages;
  }
}
