package dev.gnomon.bench;

/**
 * How much time is spent: rounds that alternate between what is compared, each in JVMs of their
 * own.
 */
enum Effort {
  QUICK(1),
  FULL(3);

  private final int rounds;

  Effort(int rounds) {
    this.rounds = rounds;
  }

  int rounds() {
    return rounds;
  }

  /** Rounds of what takes a JVM long to prepare. */
  int fewRounds() {
    return Math.min(rounds, 2);
  }
}
