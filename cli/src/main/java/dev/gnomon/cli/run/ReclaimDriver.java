package dev.gnomon.cli.run;

import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.guest.Guest;
import dev.gnomon.machine.memory.HostAddressSpace;
import dev.gnomon.machine.memory.Reclaimer;
import dev.gnomon.mmu.platform.Cpu;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Keeps only some of the touched pages in memory, as long as the guest runs. */
final class ReclaimDriver {
  private static final long PERIOD_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final int PORTION = 64;

  private final VirtualMachine vm;
  private final Guest guest;
  private final int percent;
  private final Reclaimer reclaimer;
  private final PageCleaner cleaner;

  ReclaimDriver(VirtualMachine vm, Guest guest, int percent) {
    this.vm = vm;
    this.guest = guest;
    this.percent = percent;
    reclaimer = new Reclaimer(vm.execution().platform(), vm.hostSpace());
    cleaner = new PageCleaner(vm);
  }

  /**
   * Reclaims until the guest has stopped, and once more: no run is too short to be reclaimed from.
   */
  void run(Cpu cpu) {
    while (!guest.hasStopped()) {
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
