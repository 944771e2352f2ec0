package dev.gnomon.mmu.notify;

/** Whether aging flushes the TLBs, so that a hot page looks hot again at once. */
@FunctionalInterface
public interface AgingFlushRule {

  /** Whether to flush after a range was found young or not. */
  boolean flushes(boolean isYoung);
}
