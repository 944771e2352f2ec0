package dev.gnomon.machine.guest.script;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;

/** By which the threads of a script wait for each other: each is given once. */
final class Signals {
  /** How many there are. */
  static final int COUNT = 8;

  private final SharedWords given;

  Signals(Platform platform) {
    given = platform.newWords(COUNT);
  }

  void give(int number) {
    given.set(number, 1);
  }

  /** Waits until it has been given. Not in guest mode: others may wait for this CPU to leave it. */
  void await(Cpu cpu, int number) {
    while (given.get(number) == 0) {
      cpu.awaitChange(given, number, 0);
    }
  }
}
