package dev.gnomon.machine.device;

/**
 * How a machine came to its end.
 *
 * @param kind what happened
 * @param vcpu the vCPU that it happened to
 * @param value what was written to the debug-exit port, or the port that nobody claims; else 0
 */
public record Ending(Kind kind, int vcpu, long value) {

  /** What can end a machine. */
  public enum Kind {
    /** The guest wrote to the debug-exit port. */
    EXIT,
    /** Every vCPU has halted and could be interrupted, but nothing is left that would. */
    IDLE,
    /** Every vCPU has halted, and at least the boot processor takes no interrupts. */
    DEAD,
    /** The guest asked for a reset. */
    RESET,
    /** A triple fault. */
    SHUTDOWN,
    /** The guest used a port behind which there is nothing, and is to stop for that. */
    UNCLAIMED_PORT,
    /** Somebody outside asked for the end. */
    STOPPED
  }

  private static final int VCPU_SHIFT = 8;
  private static final int VALUE_SHIFT = 32;
  private static final Kind[] KINDS = Kind.values();

  /** As one word that is not 0. */
  long word() {
    return kind.ordinal() + 1L | (long) vcpu << VCPU_SHIFT | value << VALUE_SHIFT;
  }

  static Ending of(long word) {
    return new Ending(
        KINDS[(int) (word & 0xff) - 1], (int) (word >>> VCPU_SHIFT) & 0xffff, word >>> VALUE_SHIFT);
  }
}
