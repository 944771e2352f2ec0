package dev.gnomon.machine.device;

/**
 * The I/O APIC's registers (Intel's data sheet of the 82093AA): they read as they were written. No
 * line of a device leads here. Under the port bus's lock.
 */
final class IoApic {
  static final long BASE = 0xfec0_0000L;
  static final int SIZE = 0x1000;

  private static final int SELECT = 0;
  private static final int WINDOW = 0x10;
  private static final int ENTRIES = 24;
  private static final int ID = 0;
  private static final int VERSION = 1;
  private static final int ARBITRATION = 2;
  private static final int FIRST_ENTRY = 0x10;
  private static final int VERSION_VALUE = (ENTRIES - 1) << 16 | 0x20;
  private static final int MASKED = 1 << 16;

  /** Delivery status and remote IRR are for reading. */
  private static final int WRITABLE_LOW = 0x1_afff;

  private static final int WRITABLE_HIGH = 0xff00_0000;

  private final int[] entries = new int[2 * ENTRIES];
  private int selected;
  private int id;

  IoApic() {
    for (int i = 0; i < entries.length; i += 2) {
      entries[i] = MASKED;
    }
  }

  /** Reads at an offset into its page. */
  int read(int offset) {
    return switch (offset) {
      case SELECT -> selected;
      case WINDOW -> readSelected();
      default -> 0;
    };
  }

  private int readSelected() {
    return switch (selected) {
      case ID, ARBITRATION -> id;
      case VERSION -> VERSION_VALUE;
      default -> isEntry() ? entries[selected - FIRST_ENTRY] : 0;
    };
  }

  private boolean isEntry() {
    return selected >= FIRST_ENTRY && selected < FIRST_ENTRY + entries.length;
  }

  /** Writes at an offset into its page. */
  void write(int offset, int value) {
    if (offset == SELECT) {
      selected = value & 0xff;
    } else if (offset == WINDOW) {
      if (selected == ID) {
        id = value & 0x0f00_0000;
      } else if (isEntry()) {
        boolean isHigh = (selected & 1) != 0;
        entries[selected - FIRST_ENTRY] = value & (isHigh ? WRITABLE_HIGH : WRITABLE_LOW);
      }
    }
  }
}
