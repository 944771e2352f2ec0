package dev.gnomon.cli.stress;

import dev.gnomon.mmu.platform.Cpu;

/** What the host does to the pages, again and again, on a CPU of its own. */
@FunctionalInterface
interface HostDriver {

  /** Runs until the stress is over; may check at the end what only the host can see. */
  void run(Cpu cpu, StressVm stress, Pages pages);
}
