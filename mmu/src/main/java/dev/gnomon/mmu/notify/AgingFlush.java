package dev.gnomon.mmu.notify;

import dev.gnomon.mmu.config.RuleValue;

/** The shipped values of {@code aging-flush}. */
public enum AgingFlush implements AgingFlushRule, RuleValue {
  IF_YOUNG("to 6.12, the flushing variant of the call") {
    @Override
    public boolean flushes(boolean isYoung) {
      return isYoung;
    }
  },
  NEVER("since 6.13: a hot page may look old for a while") {
    @Override
    public boolean flushes(boolean isYoung) {
      return false;
    }
  };

  private final String history;

  AgingFlush(String history) {
    this.history = history;
  }

  @Override
  public String history() {
    return history;
  }
}
