package dev.gnomon.machine.lockstep;

/** Every CPU that has not ended waits for another. The message says for what, and where. */
public final class DeadlockException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  DeadlockException(String message) {
    super(message);
  }
}
