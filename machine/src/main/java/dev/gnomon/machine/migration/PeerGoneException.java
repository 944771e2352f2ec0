package dev.gnomon.machine.migration;

import dev.gnomon.machine.InputException;

/** The other side of a connection has closed it, does not answer, or cannot be reached. */
final class PeerGoneException extends InputException {
  private static final long serialVersionUID = 1L;

  PeerGoneException(String message) {
    super(message);
  }
}
