package dev.gnomon.mmu.sync;

import dev.gnomon.mmu.platform.Cpu;

/**
 * What each CPU has of a lock, as it knows itself: for checks that must not be an access to a
 * shared word. Each entry is its CPU's alone, and far from the others'.
 */
final class Holders {
  static final byte NOTHING = 0;
  static final byte READS = 1;
  static final byte WRITES = 2;

  /** In bytes: two cache lines. The first entry keeps away from the array's length. */
  private static final int STRIDE = 128;

  private final byte[] held;
  private final String what;

  Holders(int cpus, String what) {
    held = new byte[(cpus + 1) * STRIDE];
    this.what = what;
  }

  boolean is(Cpu cpu, byte how) {
    return held[at(cpu)] == how;
  }

  void set(Cpu cpu, byte how) {
    held[at(cpu)] = how;
  }

  void requireNothing(Cpu cpu) {
    if (!is(cpu, NOTHING)) {
      throw new IllegalStateException("CPU " + cpu.index() + " would enter " + what + " twice");
    }
  }

  void require(Cpu cpu, byte how) {
    if (!is(cpu, how)) {
      throw new IllegalStateException(
          "CPU "
              + cpu.index()
              + " leaves "
              + what
              + ", which it does not "
              + (how == READS ? "read" : "write"));
    }
  }

  private static int at(Cpu cpu) {
    return (cpu.index() + 1) * STRIDE;
  }
}
