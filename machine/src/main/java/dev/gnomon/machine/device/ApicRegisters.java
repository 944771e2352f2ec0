package dev.gnomon.machine.device;

/** The registers of a local APIC, by number (Intel SDM 3A, table 11-6). */
final class ApicRegisters {
  static final int ID = 0x2;
  static final int VERSION = 0x3;
  static final int TASK_PRIORITY = 0x8;
  static final int ARBITRATION_PRIORITY = 0x9;
  static final int PROCESSOR_PRIORITY = 0xa;
  static final int END_OF_INTERRUPT = 0xb;
  static final int LOGICAL_DESTINATION = 0xd;
  static final int DESTINATION_FORMAT = 0xe;
  static final int SPURIOUS = 0xf;
  static final int IN_SERVICE = 0x10;
  static final int TRIGGER_MODE = 0x18;
  static final int REQUESTED = 0x20;
  static final int ERROR_STATUS = 0x28;
  static final int COMMAND = 0x30;
  static final int COMMAND_HIGH = 0x31;
  static final int TIMER = 0x32;
  static final int THERMAL = 0x33;
  static final int COUNTERS = 0x34;
  static final int LINT0 = 0x35;
  static final int LINT1 = 0x36;
  static final int ERROR = 0x37;
  static final int INITIAL_COUNT = 0x38;
  static final int CURRENT_COUNT = 0x39;
  static final int DIVIDE = 0x3e;
  static final int SELF = 0x3f;

  private ApicRegisters() {}

  /** Whether a register can be read; not all can in x2APIC mode. */
  static boolean isReadable(int register, boolean isX2apic) {
    return switch (register) {
      case END_OF_INTERRUPT, SELF -> false;
      case ARBITRATION_PRIORITY, DESTINATION_FORMAT, COMMAND_HIGH -> !isX2apic;
      case ID, VERSION, TASK_PRIORITY, PROCESSOR_PRIORITY, LOGICAL_DESTINATION, SPURIOUS -> true;
      case ERROR_STATUS, COMMAND, TIMER, THERMAL, COUNTERS, LINT0, LINT1, ERROR -> true;
      case INITIAL_COUNT, CURRENT_COUNT, DIVIDE -> true;
      default -> register >= IN_SERVICE && register < REQUESTED + 8;
    };
  }

  /** The bits that a write of the x2APIC's register may set; -1 where there is nothing to write. */
  static long writable(int register) {
    return switch (register) {
      case TASK_PRIORITY, SELF -> 0xff;
      case END_OF_INTERRUPT, ERROR_STATUS -> 0;
      case SPURIOUS -> 0x1ff;
      case TIMER -> 0x7_10ff;
      case THERMAL, COUNTERS -> 0x1_17ff;
      case LINT0, LINT1 -> 0x1_f7ff;
      case ERROR -> 0x1_10ff;
      case INITIAL_COUNT -> 0xffff_ffffL;
      case DIVIDE -> 0xb;
      default -> -1;
    };
  }
}
