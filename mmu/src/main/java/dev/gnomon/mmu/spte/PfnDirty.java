package dev.gnomon.mmu.spte;

import dev.gnomon.mmu.config.RuleValue;

/** The shipped values of {@code pfn-dirty}. */
public enum PfnDirty implements DirtReportRule, RuleValue {
  ON_CLEAR("to 6.12: when an entry loses its dirt: zapped, access-tracked, D cleared") {
    @Override
    public boolean reportsAtCreation() {
      return false;
    }

    @Override
    public boolean reportsOnClear() {
      return true;
    }
  },
  AT_CREATION("since 6.13: when a writable entry is made") {
    @Override
    public boolean reportsAtCreation() {
      return true;
    }

    @Override
    public boolean reportsOnClear() {
      return false;
    }
  };

  private final String history;

  PfnDirty(String history) {
    this.history = history;
  }

  @Override
  public String history() {
    return history;
  }
}
