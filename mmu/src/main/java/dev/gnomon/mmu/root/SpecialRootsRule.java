package dev.gnomon.mmu.root;

import dev.gnomon.mmu.shadow.Foundation;
import dev.gnomon.mmu.shadow.ShadowMmu;

/**
 * In which tables the roots live that are no ordinary shadow pages: four entries (PAE), perhaps
 * with tables of one entry above them. Asked once for each MMU context of each vCPU.
 */
@FunctionalInterface
public interface SpecialRootsRule {

  /** The tables of one context. */
  SpecialRootTables create(ShadowMmu shadow, Foundation base);
}
