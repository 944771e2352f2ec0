package dev.gnomon.cli.vm;

import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.memory.HostAddressSpace;
import dev.gnomon.machine.memory.Reclaimer;
import dev.gnomon.mmu.platform.Cpu;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Keeps only some of the touched pages in memory, as long as the guest runs. */
public final class ReclaimDriver {
  private static final long PERIOD_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final int PORTION = 64;

  private final VirtualMachine vm;
  private final BooleanSupplier hasStopped;
  private final int percent;
  private final Reclaimer reclaimer;
  private final PageCleaner cleaner;

  /** For a VM whose guest runs until {@code hasStopped}. */
  public ReclaimDriver(VirtualMachine vm, BooleanSupplier hasStopped, int percent) {
    this.vm = vm;
    this.hasStopped = hasStopped;
    this.percent = percent;
    reclaimer = new Reclaimer(vm.execution().platform(), vm.hostSpace());
    cleaner = new PageCleaner(vm);
  }

  /**
   * Reclaims until the guest has stopped, and once more: no run is too short to be reclaimed from.
   */
  public void run(Cpu cpu) {
    while (!hasStopped.getAsBoolean()) {
      // In small portions: the guest goes on to touch pages, and more may stay then.
      if (excess() > 0) {
        cleaner.start(cpu);
        reclaim(cpu);
        cleaner.finish(cpu);
      } else {
        LockSupport.parkNanos(this, PERIOD_NANOS);
      }
      vm.execution().checkStopped();
    }
    while (reclaim(cpu) > 0) {
      vm.execution().checkStopped();
    }
  }

  private long excess() {
    HostAddressSpace space = vm.hostSpace();
    return space.residentPages() - space.touchedPages() * percent / 100;
  }

  /** Evicts a few pages if too many are resident; returns how many. */
  private int reclaim(Cpu cpu) {
    return reclaimer.reclaim(cpu, Math.clamp(excess(), 0, PORTION));
  }
}
