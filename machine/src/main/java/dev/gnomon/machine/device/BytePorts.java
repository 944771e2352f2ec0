package dev.gnomon.machine.device;

/** A device whose registers are a byte each: a wider access is one to each port in turn. */
abstract class BytePorts implements PortDevice {
  /** What a port reads as behind which there is nothing. */
  static final int NOTHING = 0xff;

  /** Reads the byte at a port. */
  abstract int in(int port);

  /** Writes the byte at a port. */
  abstract void out(int port, int value);

  @Override
  public final long in(int port, int size) {
    long value = 0;
    for (int i = 0; i < size; i++) {
      value |= (in(port + i) & 0xffL) << 8 * i;
    }
    return value;
  }

  @Override
  public final void out(int port, int size, long value) {
    for (int i = 0; i < size; i++) {
      out(port + i, (int) (value >>> 8 * i) & 0xff);
    }
  }
}
