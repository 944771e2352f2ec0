package dev.gnomon.mmu.dirty;

/** When the TLBs are flushed after entries were protected for the dirty log. */
public interface DirtyFlushRule {

  /** Whether to flush before the MMU lock is dropped. */
  boolean flushesUnderLock(boolean hasReaped, boolean hasChanged);

  /** Whether to flush before the call returns to the VMM. */
  boolean flushesBeforeReturn(boolean hasReaped, boolean hasChanged);
}
