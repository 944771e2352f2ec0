package dev.gnomon.checker.schedule;

/**
 * A point of the tree of executions from which it goes on in more than one way: several movers may
 * go next, or a choice of nature has several outcomes. Shared by the carriers that explore below
 * it; who has a part of the tree, and what is left of it, changes only under the tree's lock.
 */
final class Node {
  /** Stands for whoever can go. */
  static final int ALL = -1;

  /** The movers that can go, as bits; 0 at a choice. */
  int enabled;

  /** Those whose turn here was explored elsewhere: no need to begin with them. */
  int sleep;

  /** Those to begin with. */
  int wanted;

  /** Those that were, or are being, begun with. */
  int taken;

  /** Of a choice: how many outcomes it has, and how many were taken. */
  int outcomes;

  int outcomesTaken;

  /** The CPU that went before, or -1; and how often one that could go on did not, up to here. */
  int current;

  int preemptions;

  /** The event that will leave from here. */
  int event;

  /** Whether the mover is another than went before though that one could go on. */
  boolean isPreemption(int mover, int cpus) {
    return mover < cpus && current >= 0 && mover != current && (enabled & 1 << current) != 0;
  }

  boolean isChoice() {
    return outcomes > 0;
  }
}
