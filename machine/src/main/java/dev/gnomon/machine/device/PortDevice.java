package dev.gnomon.machine.device;

/** A device on the port bus. Called under the bus's lock. */
interface PortDevice {

  /** IN of 1, 2 or 4 bytes from one of its ports. Higher bits of the answer are ignored. */
  long in(int port, int size);

  /** OUT of 1, 2 or 4 bytes to one of its ports; higher bits of the value are zero. */
  void out(int port, int size, long value);
}
