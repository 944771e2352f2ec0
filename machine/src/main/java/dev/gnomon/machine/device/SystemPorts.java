package dev.gnomon.machine.device;

/**
 * What else a PC has at single ports, as far as start-up code looks at it: POST codes (0x80), the
 * A20 gate and fast reset (0x92), speaker and refresh (0x61), a keyboard controller with no
 * keyboard (0x60, 0x64), a PCI host bridge with no device behind it (0xcf8 to 0xcff). And four
 * ports that only keep what is written to them, for tests of IN and OUT (0xe0 to 0xe3).
 */
final class SystemPorts extends BytePorts {
  private static final int KEYBOARD_DATA = 0x60;
  private static final int SPEAKER = 0x61;
  private static final int KEYBOARD_COMMAND = 0x64;
  private static final int POST = 0x80;
  private static final int SYSTEM_CONTROL = 0x92;
  private static final int KEPT = 0xe0;
  private static final int KEPT_PORTS = 4;
  private static final int PCI_ADDRESS = 0xcf8;
  private static final int PCI_DATA = 0xcfc;
  private static final int PCI_PORTS = 8;

  private static final int FAST_RESET = 1;
  private static final int A20 = 2;
  private static final int PULSE_RESET = 0xfe;
  private static final int GATE_AND_SPEAKER = 3;
  private static final int REFRESH = 0x10;
  private static final int OUTPUT_2 = 0x20;

  private final IntervalTimer timer;
  private final Runnable reset;
  private final int[] pciAddress = new int[4];
  private final int[] kept = new int[KEPT_PORTS];
  private int post;
  private int speaker;
  private int systemControl = A20;
  private int refresh;

  /**
   * With whoever resets the machine.
   *
   * @param reset called when the guest asks for a reset
   */
  SystemPorts(IntervalTimer timer, Runnable reset) {
    this.timer = timer;
    this.reset = reset;
  }

  void attachTo(PortBus bus) {
    bus.attach(this, KEYBOARD_DATA, 2);
    bus.attach(this, KEYBOARD_COMMAND, 1);
    bus.attach(this, POST, 1);
    bus.attach(this, SYSTEM_CONTROL, 1);
    bus.attach(this, KEPT, KEPT_PORTS);
    bus.attach(this, PCI_ADDRESS, PCI_PORTS);
  }

  @Override
  int in(int port) {
    if (port >= PCI_ADDRESS && port < PCI_DATA) {
      return pciAddress[port - PCI_ADDRESS];
    }
    if (port >= KEPT && port < KEPT + KEPT_PORTS) {
      return kept[port - KEPT];
    }
    return switch (port) {
      case KEYBOARD_DATA, KEYBOARD_COMMAND -> 0;
      case SPEAKER -> {
        // It toggles with each refresh of memory; delay loops count that.
        refresh ^= REFRESH;
        yield speaker | refresh | (timer.isSpeakerHigh() ? OUTPUT_2 : 0);
      }
      case POST -> post;
      case SYSTEM_CONTROL -> systemControl;
      default -> NOTHING;
    };
  }

  @Override
  void out(int port, int value) {
    if (port >= PCI_ADDRESS && port < PCI_DATA) {
      pciAddress[port - PCI_ADDRESS] = value;
      return;
    }
    if (port >= KEPT && port < KEPT + KEPT_PORTS) {
      kept[port - KEPT] = value;
      return;
    }
    switch (port) {
      case SPEAKER -> speaker = value & GATE_AND_SPEAKER;
      case KEYBOARD_COMMAND -> {
        if (value == PULSE_RESET) {
          reset.run();
        }
      }
      case POST -> post = value;
      case SYSTEM_CONTROL -> {
        systemControl = value & ~FAST_RESET;
        if ((value & FAST_RESET) != 0) {
          reset.run();
        }
      }
      default -> {
        // The keyboard is told nothing.
      }
    }
  }
}
