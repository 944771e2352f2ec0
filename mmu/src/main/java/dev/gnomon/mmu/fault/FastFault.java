package dev.gnomon.mmu.fault;

import dev.gnomon.mmu.config.RuleValue;
import dev.gnomon.mmu.config.TdpKind;

/** The shipped values of {@code fast-fault}. */
public enum FastFault implements FastFaultRule, RuleValue {
  OFF("before 3.6: every fault takes the lock") {
    @Override
    public boolean isTried(
        TdpKind kind, boolean hasAccessedDirty, boolean isPresent, boolean isWrite) {
      return false;
    }
  },
  ON("since 3.6: by compare-and-exchange, where it can help"),
  STORE("never shipped: a plain store for the compare-and-exchange") {
    @Override
    public boolean isExchanged() {
      return false;
    }
  },
  LARGE("never shipped: large entries of dirty-logged slots too") {
    @Override
    public boolean fixesLargeLogged() {
      return true;
    }
  },
  INDIRECT("never shipped: under the guest's own tables too, where what an entry maps may change") {
    @Override
    public boolean fixesIndirect() {
      return true;
    }
  },
  EPT_ALWAYS("4.11 to 5.18: tried whenever EPT is on") {
    @Override
    public boolean isTried(
        TdpKind kind, boolean hasAccessedDirty, boolean isPresent, boolean isWrite) {
      return kind == TdpKind.EPT || super.isTried(kind, hasAccessedDirty, isPresent, isWrite);
    }
  };

  private final String history;

  FastFault(String history) {
    this.history = history;
  }

  @Override
  public boolean isTried(
      TdpKind kind, boolean hasAccessedDirty, boolean isPresent, boolean isWrite) {
    return isPresent ? isWrite : !hasAccessedDirty;
  }

  @Override
  public String history() {
    return history;
  }
}
