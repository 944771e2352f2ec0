package dev.gnomon.checker.race;

/**
 * Code does what cannot be explored: a coroutine that yields inside a monitor hangs its carrier,
 * one that holds a lock of {@code java.util.concurrent} lets another in, and a class initialiser
 * may not yield at all. The message says what and where.
 */
public final class RefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Says what was refused. */
  public RefusedException(String message) {
    super(message);
  }
}
