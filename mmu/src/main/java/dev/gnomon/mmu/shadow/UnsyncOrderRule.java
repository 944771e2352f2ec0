package dev.gnomon.mmu.shadow;

/**
 * In which order a guest's table becomes writable and its pages are marked unsync. Asked under the
 * MMU lock; the marks are looked at without it.
 */
@FunctionalInterface
public interface UnsyncOrderRule {

  /** Whether the marks come before the entry that makes the table writable. */
  boolean marksFirst();
}
