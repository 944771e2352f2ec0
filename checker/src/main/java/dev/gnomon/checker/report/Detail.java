package dev.gnomon.checker.report;

/** How much of a counterexample a table shows. */
public enum Detail {
  /** What changed, the guest's accesses, and the loads that decide something. */
  SHORT,
  /** Every step. */
  FULL
}
