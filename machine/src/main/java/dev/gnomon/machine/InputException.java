package dev.gnomon.machine;

/**
 * Input that a user gave is wrong: a file that is not there, a line that means nothing, a number
 * out of range. Never a defect of this program.
 *
 * <p>The message is one line, meant to be shown as it stands, with the place in the input at its
 * head where there is one ({@code FILE: ...} or {@code FILE:LINE: ...}). The command shows it
 * without a stack trace and exits with status 2.
 */
public class InputException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /**
   * @param message one line, complete in itself
   */
  public InputException(String message) {
    super(message);
  }

  /**
   * @param message one line, complete in itself
   * @param cause what made it known; kept for whoever debugs this program
   */
  public InputException(String message, Throwable cause) {
    super(message, cause);
  }
}
