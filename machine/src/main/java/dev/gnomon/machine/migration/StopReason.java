package dev.gnomon.machine.migration;

/** Why a migration stopped the guest. */
public enum StopReason {
  /** What was left could be sent within the downtime that is allowed. */
  CONVERGED,
  /**
   * The guest dirties pages as fast as they are sent: what is left has not shrunk for some rounds.
   */
  NO_PROGRESS,
  /** There were as many rounds as there may be. */
  ROUND_LIMIT,
  /** The guest has played so much that the stop would otherwise come too late. */
  GUEST_NEARLY_DONE
}
