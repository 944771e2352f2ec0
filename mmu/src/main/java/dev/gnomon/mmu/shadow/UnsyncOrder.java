package dev.gnomon.mmu.shadow;

import dev.gnomon.mmu.config.RuleValue;

/** The shipped values of {@code unsync-order}. */
public enum UnsyncOrder implements UnsyncOrderRule, RuleValue {
  WRITABLE_FIRST("never shipped: sound only as long as every sync takes the lock, as before 4.19") {
    @Override
    public boolean marksFirst() {
      return false;
    }
  },
  UNSYNC_FIRST(
      "always: marked first; since 4.19, when a look without the lock came, by a barrier") {
    @Override
    public boolean marksFirst() {
      return true;
    }
  };

  private final String history;

  UnsyncOrder(String history) {
    this.history = history;
  }

  @Override
  public String history() {
    return history;
  }
}
