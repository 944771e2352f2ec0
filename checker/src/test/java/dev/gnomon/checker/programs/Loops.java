package dev.gnomon.checker.programs;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.SharedWords;

/** Loops over a word, of which some wait as they should. */
public final class Loops {
  private Loops() {}

  /** Goes round until the word holds something, without saying that it waits. */
  public static void spinUntilSet(SharedWords word) {
    long value;
    do {
      value = word.get(0);
    } while (value == 0);
  }

  /** Waits until the word holds something. */
  public static void awaitSet(Cpu cpu, SharedWords word) {
    while (word.get(0) == 0) {
      cpu.awaitChange(word, 0, 0);
    }
  }

  /** Loads the word once. */
  public static long load(SharedWords word) {
    return word.get(0);
  }

  /** Stores into the word for ever. */
  public static void storeForEver(SharedWords word) {
    for (long value = 1; ; value++) {
      word.set(0, value);
    }
  }
}
