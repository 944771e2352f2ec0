package dev.gnomon.checker.schedule;

/**
 * The program cannot be explored: it does what no scheduler can control, or not the same each time.
 * Not a violation of what it checks. The message says where.
 */
public final class CheckerException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  CheckerException(String message) {
    super(message);
  }
}
