package dev.gnomon.machine.migration;

/** Hears how a migration goes. Called by the thread that migrates, which waits for it. */
public interface MigrationListener {
  /** Hears nothing. */
  MigrationListener SILENT = new MigrationListener() {};

  /** The copy begins. */
  default void started(long accessesSoFar) {}

  /** A round is over; the last is the one after the stop. */
  default void roundEnded(Round round) {}

  /** The guest is about to be stopped. */
  default void stopping(StopReason reason, long accessesSoFar) {}

  /** The pages of source and destination have been compared. */
  default void compared(Comparison comparison) {}
}
