package dev.gnomon.checker.schedule;

/** How executions are chosen. */
public enum Mode {
  /** All of them, but for those that differ only in the order of steps that do not conflict. */
  EXHAUSTIVE,

  /** By plain chance, each body that can go being as likely. */
  RANDOM,

  /** By random priorities that change a few times: probabilistic concurrency testing. */
  PCT
}
