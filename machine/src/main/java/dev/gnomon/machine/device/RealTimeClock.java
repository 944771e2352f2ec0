package dev.gnomon.machine.device;

/**
 * The real-time clock and its non-volatile memory at ports 0x70 and 0x71 (Motorola's data sheet of
 * the MC146818; where memory sizes lie is the PC/AT's convention). The time is UTC; setting it has
 * no effect, and no interrupts come from it.
 */
final class RealTimeClock extends BytePorts {
  static final int FIRST_PORT = 0x70;
  static final int PORTS = 2;

  private static final int SIZE = 128;
  private static final int STATUS_A = 0xa;
  private static final int STATUS_B = 0xb;
  private static final int STATUS_C = 0xc;
  private static final int STATUS_D = 0xd;
  private static final int CENTURY = 0x32;
  private static final int IS_BINARY = 4;
  private static final int IS_24_HOURS = 2;
  private static final int DIVIDER = 0x26;
  private static final int IS_VALID = 0x80;

  private static final long KIB = 1024;
  private static final long MIB = 1024 * KIB;
  private static final long BLOCK = 64 * KIB;
  private static final int DAYS_TO_1970 = 719_468;
  private static final int DAYS_OF_ERA = 146_097;

  private final TimeSource time;
  private final byte[] memory = new byte[SIZE];
  private int index;

  /** Of a machine with so much memory below and above 4 GiB. */
  RealTimeClock(TimeSource time, long lowBytes, long highBytes) {
    this.time = time;
    memory[STATUS_A] = DIVIDER;
    memory[STATUS_B] = IS_24_HOURS;
    memory[STATUS_D] = (byte) IS_VALID;
    put(0x15, 640, 2);
    long extended = Math.max(lowBytes - MIB, 0) / KIB;
    put(0x17, Math.min(extended, 0xffff), 2);
    put(0x30, Math.min(extended, 0xffff), 2);
    put(0x34, Math.max(lowBytes - 16 * MIB, 0) / BLOCK, 2);
    put(0x5b, highBytes / BLOCK, 3);
  }

  private void put(int at, long value, int bytes) {
    for (int i = 0; i < bytes; i++) {
      memory[at + i] = (byte) (value >>> 8 * i);
    }
  }

  @Override
  int in(int port) {
    if (port == FIRST_PORT) {
      return NOTHING;
    }
    long seconds = time.epochSeconds();
    return switch (index) {
      case 0 -> number(seconds % 60);
      case 2 -> number(seconds / 60 % 60);
      case 4 -> number(seconds / 3600 % 24);
      case 6 -> number((seconds / 86_400 + 4) % 7 + 1);
      case 7 -> number(date(seconds) % 100);
      case 8 -> number(date(seconds) / 100 % 100);
      case 9 -> number(date(seconds) / 10_000 % 100);
      case CENTURY -> number(date(seconds) / 1_000_000);
      case STATUS_C -> 0;
      default -> memory[index] & 0xff;
    };
  }

  @Override
  void out(int port, int value) {
    if (port == FIRST_PORT) {
      index = value & SIZE - 1;
    } else if (index != STATUS_C && index != STATUS_D) {
      memory[index] = (byte) value;
    }
  }

  private int number(long value) {
    boolean isBinary = (memory[STATUS_B] & IS_BINARY) != 0;
    return (int) (isBinary ? value : value / 10 << 4 | value % 10);
  }

  /**
   * The date of a time as the decimal digits yyyymmdd. Years begin in March here, so that the day
   * that a leap year has more is its last.
   */
  static long date(long epochSeconds) {
    long days = Math.floorDiv(epochSeconds, 86_400) + DAYS_TO_1970;
    long era = Math.floorDiv(days, DAYS_OF_ERA);
    long dayOfEra = Math.floorMod(days, DAYS_OF_ERA);
    long yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
    long dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
    long month = (5 * dayOfYear + 2) / 153;
    long day = dayOfYear - (153 * month + 2) / 5 + 1;
    long january = month < 10 ? month + 3 : month - 9;
    long year = era * 400 + yearOfEra + (january <= 2 ? 1 : 0);
    return year * 10_000 + january * 100 + day;
  }
}
