package dev.gnomon.mmu.platform;

/** The host has no frame left. */
public final class OutOfFramesException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public OutOfFramesException(String message) {
    super(message);
  }
}
