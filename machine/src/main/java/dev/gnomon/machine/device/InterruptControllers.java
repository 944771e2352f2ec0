package dev.gnomon.machine.device;

/** The two 8259As of a PC: the second's output is line 2 of the first. Under the bus's lock. */
final class InterruptControllers implements InterruptLines {
  static final int FIRST = 0x20;
  static final int SECOND = 0xa0;

  private static final int CASCADE = 2;
  private static final int LINES_EACH = 8;

  private final InterruptController first;
  private final InterruptController second;

  /** With whoever is told when {@link #isRequesting} may have changed. */
  InterruptControllers(Runnable changed) {
    first = new InterruptController(FIRST, changed);
    second = new InterruptController(SECOND, this::cascade);
  }

  private void cascade() {
    first.set(CASCADE, second.isRequesting());
  }

  void attachTo(PortBus bus) {
    bus.attach(first, FIRST, InterruptController.PORTS);
    bus.attach(second, SECOND, InterruptController.PORTS);
  }

  @Override
  public void set(int line, boolean isHigh) {
    if (line < LINES_EACH) {
      first.set(line, isHigh);
    } else {
      second.set(line - LINES_EACH, isHigh);
    }
  }

  /** Whether an interrupt is requested of the processor. */
  boolean isRequesting() {
    return first.isRequesting();
  }

  /** The processor acknowledges; returns the vector. */
  int acknowledge() {
    int line = first.acknowledge();
    if (line != CASCADE) {
      return first.firstVector() + line;
    }
    return second.firstVector() + second.acknowledge();
  }
}
