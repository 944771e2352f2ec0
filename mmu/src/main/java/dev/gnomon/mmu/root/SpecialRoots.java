package dev.gnomon.mmu.root;

import dev.gnomon.mmu.config.RuleValue;
import dev.gnomon.mmu.shadow.Foundation;
import dev.gnomon.mmu.shadow.ShadowMmu;

/** The shipped values of {@code special-roots}. */
public enum SpecialRoots implements SpecialRootsRule, RuleValue {
  PER_VCPU_CACHED("never shipped: a cached root points at a table that the next one overwrites") {
    @Override
    public SpecialRootTables create(ShadowMmu shadow, Foundation base) {
      return new PerVcpuTables(shadow, base, true);
    }
  },
  PER_VCPU("since shadow paging began: four entries that belong to the vCPU, never cached") {
    @Override
    public SpecialRootTables create(ShadowMmu shadow, Foundation base) {
      return new PerVcpuTables(shadow, base, false);
    }
  },
  LOCAL("proposed 2022: a shadow page of its own for each root, freed when it is dropped") {
    @Override
    public SpecialRootTables create(ShadowMmu shadow, Foundation base) {
      return new LocalTables(shadow, base);
    }
  };

  private final String history;

  SpecialRoots(String history) {
    this.history = history;
  }

  @Override
  public String history() {
    return history;
  }
}
