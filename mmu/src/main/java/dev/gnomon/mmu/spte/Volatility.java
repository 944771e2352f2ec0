package dev.gnomon.mmu.spte;

import dev.gnomon.mmu.config.RuleValue;

/** The shipped values of {@code volatile}. */
public enum Volatility implements VolatilityRule, RuleValue {
  READONLY_STABLE("before fast page faults existed: a read-only entry is taken for stable") {
    @Override
    public boolean isVolatile(SpteFormat format, long spte) {
      return isAdPending(format, spte);
    }
  },
  ANY_AD_CLEAR("proposed 2012: any of A, D clear, whatever W is") {
    @Override
    public boolean isVolatile(SpteFormat format, long spte) {
      return format.isAdEnabled(spte)
          && (isClear(spte, format.accessed) || isClear(spte, format.dirty));
    }
  },
  ANY_MMU_WRITABLE("2012 to 5.17: every entry that a fast page fault could write") {
    @Override
    public boolean isVolatile(SpteFormat format, long spte) {
      return format.isMmuWritable(spte)
          || format.isAccessTracked(spte)
          || isAdPending(format, spte);
    }
  },
  UNLESS_WRITABLE("5.18 to 6.14: a fully writable entry is stable, W is never cleared lockless") {
    @Override
    public boolean isVolatile(SpteFormat format, long spte) {
      return (!SpteFormat.isWritable(spte) && format.isMmuWritable(spte))
          || format.isAccessTracked(spte)
          || isAdPending(format, spte);
    }
  },
  NEEDS_ATOMIC_UPDATE("6.15: A may be lost, any A/D-disabled leaf may be aged without the lock") {
    @Override
    public boolean isVolatile(SpteFormat format, long spte) {
      if (!SpteFormat.isWritable(spte) && format.isMmuWritable(spte)) {
        return true;
      }
      return !format.isAdEnabled(spte)
          || (SpteFormat.isWritable(spte) && isClear(spte, format.dirty));
    }
  };

  private final String history;

  Volatility(String history) {
    this.history = history;
  }

  @Override
  public String history() {
    return history;
  }

  /** Whether the processor may still set A, or D where it may write. */
  private static boolean isAdPending(SpteFormat format, long spte) {
    return format.isAdEnabled(spte)
        && (isClear(spte, format.accessed)
            || (SpteFormat.isWritable(spte) && isClear(spte, format.dirty)));
  }

  private static boolean isClear(long spte, long bit) {
    return (spte & bit) == 0;
  }
}
