package dev.gnomon.machine.device;

/** The wires from devices to the interrupt controllers. Used under the port bus's lock. */
@FunctionalInterface
interface InterruptLines {

  /** Drives line 0 to 15 high or low. */
  void set(int line, boolean isHigh);
}
