package dev.gnomon.machine.fuzz;

/** Something that must hold does not. Ends a script. */
final class Divergence extends RuntimeException {
  private static final long serialVersionUID = 1L;

  Divergence(String message) {
    super(message);
  }
}
