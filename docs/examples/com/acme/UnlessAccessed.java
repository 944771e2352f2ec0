package com.acme;

import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.spte.VolatilityRule;

/**
 * A proposal: an atomic exchange only for leaves that nobody has used since they were aged. A leaf
 * whose A bit is set was in use a moment ago; whoever uses it finds A set, and has nothing to
 * write. It would save most of the exchanges.
 */
public final class UnlessAccessed implements VolatilityRule {
  @Override
  public boolean isVolatile(SpteFormat format, long spte) {
    return format.isAccessTracked(spte) || !format.isAccessed(spte);
  }
}
