package dev.gnomon.machine.device;

/**
 * A 16550 serial port (National Semiconductor's data sheet of the PC16550D). It sends at once: the
 * transmitter is always empty. Receiving looks at the console when the guest looks at the line
 * status.
 */
final class SerialPort extends BytePorts {
  /** Where COM1 is. */
  static final int FIRST_PORT = 0x3f8;

  static final int PORTS = 8;

  /** COM1's line at the interrupt controllers. */
  static final int LINE = 4;

  private static final int DATA = 0;
  private static final int INTERRUPT_ENABLE = 1;
  private static final int INTERRUPT_IDENTIFICATION = 2;
  private static final int LINE_CONTROL = 3;
  private static final int MODEM_CONTROL = 4;
  private static final int LINE_STATUS = 5;
  private static final int MODEM_STATUS = 6;

  private static final int RECEIVED_ENABLE = 1;
  private static final int EMPTY_ENABLE = 2;
  private static final int DIVISOR_LATCH = 0x80;
  private static final int LOOPBACK = 0x10;
  private static final int OUT2 = 8;
  private static final int DATA_READY = 1;

  /** The holding and the shift register are empty. */
  private static final int TRANSMITTER_EMPTY = 0x60;

  private static final int NO_INTERRUPT = 1;
  private static final int EMPTY_INTERRUPT = 2;
  private static final int RECEIVED_INTERRUPT = 4;
  private static final int FIFO_ENABLE = 1;
  private static final int FIFOS_ARE_ON = 0xc0;

  /** Clear to send, data set ready, carrier: somebody is there. */
  private static final int CONNECTED = 0xb0;

  private final Console console;
  private final InterruptLines lines;

  private int divisor = 12;
  private int interruptEnable;
  private int lineControl = 3;
  private int modemControl;
  private int scratch;
  private boolean hasFifo;
  private boolean isEmptyPending;
  private int looped = -1;

  SerialPort(Console console, InterruptLines lines) {
    this.console = console;
    this.lines = lines;
  }

  @Override
  int in(int port) {
    int value =
        switch (port - FIRST_PORT) {
          case DATA -> isDivisorLatched() ? divisor & 0xff : receive();
          case INTERRUPT_ENABLE -> isDivisorLatched() ? divisor >>> 8 : interruptEnable;
          case INTERRUPT_IDENTIFICATION -> identifyInterrupt();
          case LINE_CONTROL -> lineControl;
          case MODEM_CONTROL -> modemControl;
          case LINE_STATUS -> TRANSMITTER_EMPTY | (isReady() ? DATA_READY : 0);
          case MODEM_STATUS -> isLooped() ? loopedModemStatus() : CONNECTED;
          case 7 -> scratch;
          default -> NOTHING;
        };
    update();
    return value;
  }

  @Override
  void out(int port, int value) {
    switch (port - FIRST_PORT) {
      case DATA -> {
        if (isDivisorLatched()) {
          divisor = divisor & 0xff00 | value;
        } else {
          send(value);
        }
      }
      case INTERRUPT_ENABLE -> {
        if (isDivisorLatched()) {
          divisor = divisor & 0xff | value << 8;
        } else {
          isEmptyPending = (value & EMPTY_ENABLE) != 0;
          interruptEnable = value & 0xf;
        }
      }
      case INTERRUPT_IDENTIFICATION -> hasFifo = (value & FIFO_ENABLE) != 0;
      case LINE_CONTROL -> lineControl = value;
      case MODEM_CONTROL -> modemControl = value & 0x1f;
      case 7 -> scratch = value;
      default -> {
        // The status registers are for reading.
      }
    }
    update();
  }

  /** Looks whether the console has something; raises the interrupt if the guest wants one. */
  void update() {
    boolean isReceived = isReceiveEnabled() && isReady();
    boolean isEmpty = (interruptEnable & EMPTY_ENABLE) != 0 && isEmptyPending;
    lines.set(LINE, (modemControl & OUT2) != 0 && (isReceived || isEmpty));
  }

  /** Whether a received byte would interrupt. */
  boolean isReceiveEnabled() {
    return (interruptEnable & RECEIVED_ENABLE) != 0;
  }

  private boolean isDivisorLatched() {
    return (lineControl & DIVISOR_LATCH) != 0;
  }

  private boolean isLooped() {
    return (modemControl & LOOPBACK) != 0;
  }

  /** RTS, DTR, OUT1, OUT2 come back as CTS, DSR, RI, DCD. */
  private int loopedModemStatus() {
    int rts = modemControl >> 1 & 1;
    int dtr = modemControl & 1;
    return rts << 4 | dtr << 5 | (modemControl >> 2 & 3) << 6;
  }

  private boolean isReady() {
    return isLooped() ? looped >= 0 : console.hasInput();
  }

  private int receive() {
    if (isLooped()) {
      int value = Math.max(looped, 0);
      looped = -1;
      return value;
    }
    return Math.max(console.read(), 0);
  }

  private void send(int value) {
    if (isLooped()) {
      looped = value;
    } else {
      console.write(value);
    }
    isEmptyPending = true;
  }

  private int identifyInterrupt() {
    int fifos = hasFifo ? FIFOS_ARE_ON : 0;
    if (isReceiveEnabled() && isReady()) {
      return RECEIVED_INTERRUPT | fifos;
    }
    if ((interruptEnable & EMPTY_ENABLE) != 0 && isEmptyPending) {
      isEmptyPending = false;
      return EMPTY_INTERRUPT | fifos;
    }
    return NO_INTERRUPT | fifos;
  }
}
