package dev.gnomon.mmu.tdp;

import dev.gnomon.mmu.config.RuleValue;

/** The shipped values of {@code huge-recovery}. */
public enum HugeRecovery implements HugeRecoveryRule, RuleValue {
  ZAP("to 6.12: zap the table, a flush each; the next fault maps large", false),
  IN_PLACE("since 6.13: make the large entry at once, one flush for the operation", true);

  private final String history;
  private final boolean isInPlace;

  HugeRecovery(String history, boolean isInPlace) {
    this.history = history;
    this.isInPlace = isInPlace;
  }

  @Override
  public String history() {
    return history;
  }

  @Override
  public boolean isInPlace() {
    return isInPlace;
  }
}
