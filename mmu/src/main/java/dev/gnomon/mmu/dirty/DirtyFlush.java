package dev.gnomon.mmu.dirty;

import dev.gnomon.mmu.config.RuleValue;

/** The shipped values of {@code dirty-flush}. */
public enum DirtyFlush implements DirtyFlushRule, RuleValue {
  UNDER_LOCK("to 2014: before the MMU lock is dropped") {
    @Override
    public boolean flushesUnderLock(boolean hasReaped, boolean hasChanged) {
      return hasReaped;
    }

    @Override
    public boolean flushesBeforeReturn(boolean hasReaped, boolean hasChanged) {
      return false;
    }
  },
  NEVER("never shipped: leaves stale writable translations") {
    @Override
    public boolean flushesUnderLock(boolean hasReaped, boolean hasChanged) {
      return false;
    }

    @Override
    public boolean flushesBeforeReturn(boolean hasReaped, boolean hasChanged) {
      return false;
    }
  },
  IF_SPTE_CHANGED("proposed: after the lock, if an entry changed") {
    @Override
    public boolean flushesUnderLock(boolean hasReaped, boolean hasChanged) {
      return false;
    }

    @Override
    public boolean flushesBeforeReturn(boolean hasReaped, boolean hasChanged) {
      return hasChanged;
    }
  },
  IF_REAPED("since 2014: after the lock, if any bit was taken from the log") {
    @Override
    public boolean flushesUnderLock(boolean hasReaped, boolean hasChanged) {
      return false;
    }

    @Override
    public boolean flushesBeforeReturn(boolean hasReaped, boolean hasChanged) {
      return hasReaped;
    }
  };

  private final String history;

  DirtyFlush(String history) {
    this.history = history;
  }

  @Override
  public String history() {
    return history;
  }
}
