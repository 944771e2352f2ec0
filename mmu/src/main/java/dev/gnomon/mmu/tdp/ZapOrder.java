package dev.gnomon.mmu.tdp;

import dev.gnomon.mmu.config.RuleValue;

/** The shipped values of {@code zap-order}. */
public enum ZapOrder implements ZapOrderRule, RuleValue {
  FREE_BEFORE_FLUSH("never shipped on purpose: the page goes while a TLB still knows it", false),
  FLUSH_BEFORE_FREE("always: flush, then let go", true);

  private final String history;
  private final boolean flushesFirst;

  ZapOrder(String history, boolean flushesFirst) {
    this.history = history;
    this.flushesFirst = flushesFirst;
  }

  @Override
  public String history() {
    return history;
  }

  @Override
  public boolean flushesFirst() {
    return flushesFirst;
  }
}
