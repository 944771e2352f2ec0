package dev.gnomon.cli.vm;

import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.mmu.config.DirtyLogKind;
import dev.gnomon.mmu.dirty.DirtyLog;
import dev.gnomon.mmu.platform.Cpu;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Switches the dirty log on and reads it again and again, as a VMM does that watches its guest. */
public final class LogReader {
  private static final long PERIOD_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private final VirtualMachine vm;
  private final BooleanSupplier hasStopped;
  private long reports;
  private long pages;

  /** For a VM whose guest runs until {@code hasStopped}. */
  public LogReader(VirtualMachine vm, BooleanSupplier hasStopped) {
    this.vm = vm;
    this.hasStopped = hasStopped;
  }

  /** Reads until the guest has stopped, and what is left then. */
  public void run(Cpu cpu) {
    for (int slot = 0; slot < vm.memorySlots(); slot++) {
      vm.mmu().slotChanges().startDirtyLog(cpu, slot);
    }
    long[] bitmap = new long[(int) (vm.memoryMap().frames() / Long.SIZE)];
    while (!hasStopped.getAsBoolean()) {
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
  public long reports() {
    return reports;
  }

  /** How many pages it has reported in all. When no CPU runs. */
  public long pages() {
    return pages;
  }
}
