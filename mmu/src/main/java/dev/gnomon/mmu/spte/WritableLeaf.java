package dev.gnomon.mmu.spte;

import dev.gnomon.mmu.config.RuleValue;

/** The shipped values of {@code writable-leaf}. */
public enum WritableLeaf implements WritableLeafRule, RuleValue {
  RAW_BIT("to 6.12: bit 1 of whatever was there, be it an MMIO mark; D is left clear then") {
    @Override
    public boolean isWritableLeaf(long old, int level) {
      return SpteFormat.isWritable(old);
    }

    @Override
    public boolean setsDirtyAgain() {
      return false;
    }
  },
  SHADOW_PRESENT("since 6.13: a shadow-present writable leaf") {
    @Override
    public boolean isWritableLeaf(long old, int level) {
      return SpteFormat.isPresentLeaf(old, level) && SpteFormat.isWritable(old);
    }

    @Override
    public boolean setsDirtyAgain() {
      return true;
    }
  };

  private final String history;

  WritableLeaf(String history) {
    this.history = history;
  }

  @Override
  public String history() {
    return history;
  }
}
