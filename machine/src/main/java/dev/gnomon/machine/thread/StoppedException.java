package dev.gnomon.machine.thread;

import org.jspecify.annotations.Nullable;

/**
 * Ends a body that waits, or asks, after its execution has been told to stop. It is thrown so that
 * no loop outlives a failure elsewhere; a body lets it pass.
 */
public final class StoppedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Says why the execution was stopped, if for a failure. */
  public StoppedException(@Nullable Throwable cause) {
    super(cause == null ? "stopped" : "stopped: " + cause, cause);
  }
}
