package dev.gnomon.machine.lockstep;

/**
 * The bodies did not end within the steps that the schedule allows. The message says where they
 * are.
 */
public final class LivelockException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  LivelockException(String message) {
    super(message);
  }
}
