package dev.gnomon.machine.device;

import java.util.function.LongConsumer;

/** A port by which test images end the machine: what they write becomes its exit status. */
final class DebugExit implements PortDevice {
  static final int FIRST_PORT = 0xf4;
  static final int PORTS = 4;

  private final LongConsumer exit;

  /** With whoever is told the value that was written. */
  DebugExit(LongConsumer exit) {
    this.exit = exit;
  }

  @Override
  public long in(int port, int size) {
    return 0;
  }

  @Override
  public void out(int port, int size, long value) {
    exit.accept(value);
  }
}
