package dev.gnomon.mmu.spte;

import dev.gnomon.mmu.config.RuleValue;

/** The shipped values of {@code flush-on-update}. */
public enum FlushOnUpdate implements FlushRule, RuleValue {
  WRITABLE_CLEARED("to 2014: W went from set to clear") {
    @Override
    public boolean needsFlush(SpteFormat format, long old, long updated) {
      return SpteFormat.isWritable(old) && !SpteFormat.isWritable(updated);
    }
  },
  TO_READONLY("2014 to 6.12: MMU-writable before, not writable after") {
    @Override
    public boolean needsFlush(SpteFormat format, long old, long updated) {
      return format.isMmuWritable(old) && !SpteFormat.isWritable(updated);
    }
  },
  MMU_WRITABLE_CLEARED("since 6.13: MMU-writable went from set to clear") {
    @Override
    public boolean needsFlush(SpteFormat format, long old, long updated) {
      return format.isMmuWritable(old) && !format.isMmuWritable(updated);
    }
  };

  private final String history;

  FlushOnUpdate(String history) {
    this.history = history;
  }

  @Override
  public String history() {
    return history;
  }
}
