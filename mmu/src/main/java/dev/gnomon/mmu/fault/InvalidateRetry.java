package dev.gnomon.mmu.fault;

import dev.gnomon.mmu.config.RuleValue;

/** The shipped values of {@code invalidate-retry}. */
public enum InvalidateRetry implements InvalidateRetryRule, RuleValue {
  OFF("never shipped: maps what the host said, however old it is") {
    @Override
    public boolean retries(boolean isCoveredByInvalidation) {
      return false;
    }
  },
  ON("always: checked under the lock, against a sequence read before the host was asked") {
    @Override
    public boolean retries(boolean isCoveredByInvalidation) {
      return isCoveredByInvalidation;
    }
  };

  private final String history;

  InvalidateRetry(String history) {
    this.history = history;
  }

  @Override
  public String history() {
    return history;
  }
}
