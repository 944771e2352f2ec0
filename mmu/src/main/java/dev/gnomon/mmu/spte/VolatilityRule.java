package dev.gnomon.mmu.spte;

/**
 * Which leaves may be changed by someone who does not hold the MMU lock (the processor: A, D; a
 * fast page fault: W), so that they must be replaced by an atomic exchange. A pure function.
 */
@FunctionalInterface
public interface VolatilityRule {

  /** Whether the shadow-present leaf {@code spte} is volatile. */
  boolean isVolatile(SpteFormat format, long spte);
}
