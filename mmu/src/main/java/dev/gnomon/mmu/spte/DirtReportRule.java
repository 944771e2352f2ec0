package dev.gnomon.mmu.spte;

/**
 * When the host learns that a frame was written: when dirt is lost from an entry, or before it can
 * arise.
 */
public interface DirtReportRule {

  /** Whether making a writable entry reports the frame dirty. */
  boolean reportsAtCreation();

  /** Whether an entry that loses its dirt hands it to the frame. */
  boolean reportsOnClear();
}
