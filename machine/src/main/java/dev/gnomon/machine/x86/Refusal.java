package dev.gnomon.machine.x86;

/** The guest wants something that this processor does not do: the vCPU shuts down and says so. */
final class Refusal extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes one.
   *
   * @param what that the guest wants
   */
  Refusal(String what) {
    super(what + " is not supported", null, false, false);
  }
}
