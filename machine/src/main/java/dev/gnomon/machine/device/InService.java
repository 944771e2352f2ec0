package dev.gnomon.machine.device;

import java.util.Arrays;

/** The vectors that a processor is serving, as the register ISR shows them. */
final class InService {
  private final long[] words = new long[ApicWords.VECTORS / Long.SIZE];

  void clear() {
    Arrays.fill(words, 0);
  }

  void begin(int vector) {
    words[vector / Long.SIZE] |= 1L << vector;
  }

  /** The highest one is served no more. */
  void end() {
    int vector = highest();
    if (vector >= 0) {
      words[vector / Long.SIZE] &= ~(1L << vector);
    }
  }

  /** The highest one, or -1. */
  int highest() {
    for (int at = words.length - 1; at >= 0; at--) {
      if (words[at] != 0) {
        return at * Long.SIZE + Long.SIZE - 1 - Long.numberOfLeadingZeros(words[at]);
      }
    }
    return -1;
  }

  /** 32 of them, as a register. */
  int part(int which) {
    return (int) (words[which / 2] >>> Integer.SIZE * (which & 1));
  }
}
