package dev.gnomon.machine.guest;

import dev.gnomon.machine.InputException;

/** The guest has no frame left for what its processes touch. */
public final class OutOfGuestMemoryException extends InputException {
  private static final long serialVersionUID = 1L;

  OutOfGuestMemoryException(long memoryBytes) {
    super(
        "the guest has no frames left: its processes touch more than its "
            + (memoryBytes >> 20)
            + " MiB; give it more with --memory");
  }
}
