package dev.gnomon.mmu.spte;

import dev.gnomon.mmu.config.RuleValue;

/** The shipped values of {@code tdp-write}. */
public enum TdpWrite implements WriteRule, RuleValue {
  PLAIN("5.10 to 5.17: a plain store under the write lock, whatever the entry") {
    @Override
    public boolean isExchanged(boolean isVolatile) {
      return false;
    }
  },
  EXCHANGE_IF_VOLATILE("since 5.18: an atomic exchange of volatile leaves") {
    @Override
    public boolean isExchanged(boolean isVolatile) {
      return isVolatile;
    }
  },
  EXCHANGE_ALWAYS("never shipped: an atomic exchange of every leaf") {
    @Override
    public boolean isExchanged(boolean isVolatile) {
      return true;
    }
  };

  private final String history;

  TdpWrite(String history) {
    this.history = history;
  }

  @Override
  public String history() {
    return history;
  }
}
