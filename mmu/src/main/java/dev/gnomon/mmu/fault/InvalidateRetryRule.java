package dev.gnomon.mmu.fault;

/** Whether a fault gives up when the host has invalidated meanwhile what it was told. */
@FunctionalInterface
public interface InvalidateRetryRule {

  /** Whether to retry a fault whose page may be gone. */
  boolean retries(boolean isCoveredByInvalidation);
}
