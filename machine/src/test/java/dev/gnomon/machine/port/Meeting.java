package dev.gnomon.machine.port;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;

/** Where a number of bodies wait for each other, again and again. */
final class Meeting {
  private final int parties;
  private final SharedWords arrivals;

  Meeting(Platform platform, int parties) {
    this.parties = parties;
    arrivals = platform.newWords(1);
  }

  /** Returns when all have come as often as the caller has. */
  void meet(Cpu cpu) {
    long mine = arrivals.getAndAdd(0, 1);
    long all = (mine / parties + 1) * parties;
    long seen;
    while ((seen = arrivals.get(0)) < all) {
      cpu.awaitChange(arrivals, 0, seen);
    }
  }
}
