package dev.gnomon.mmu.spte;

/**
 * Whether an update that keeps the pfn and changes permissions must be followed by a TLB flush
 * before the MMU lock is dropped. A pure function.
 */
@FunctionalInterface
public interface FlushRule {

  /** Whether replacing the shadow-present leaf {@code old} by {@code updated} asks for a flush. */
  boolean needsFlush(SpteFormat format, long old, long updated);
}
