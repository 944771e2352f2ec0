package dev.gnomon.cli;

/** Something that the user can put right: its message is the one line that they see. */
final class UserException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  UserException(String message) {
    super(message);
  }
}
