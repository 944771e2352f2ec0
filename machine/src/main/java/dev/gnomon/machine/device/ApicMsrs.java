package dev.gnomon.machine.device;

/**
 * The model-specific registers that a local APIC has: its base, the x2APIC's registers, the timer's
 * deadline; and the time-stamp counter, which the deadline is compared with.
 */
final class ApicMsrs {
  private static final int TIMESTAMP = 0x10;
  private static final int APIC_BASE = 0x1b;
  private static final int TIMESTAMP_ADJUST = 0x3b;
  private static final int DEADLINE = 0x6e0;
  private static final int X2APIC = 0x800;
  private static final int X2APIC_END = 0x840;

  private final PcConfig config;

  ApicMsrs(PcConfig config) {
    this.config = config;
  }

  private static boolean isX2apicRegister(int msr) {
    return msr >= X2APIC && msr < X2APIC_END;
  }

  /** Whether there is such a register, and it can be read now; else reading it raises #GP. */
  boolean isReadable(Seat seat, int msr) {
    return switch (msr) {
      case TIMESTAMP, APIC_BASE, TIMESTAMP_ADJUST -> true;
      case DEADLINE -> config.hasDeadlineTimer();
      default ->
          isX2apicRegister(msr) && seat.apic.isX2apic() && seat.apic.isReadable(msr - X2APIC);
    };
  }

  /** Reads a readable one. */
  long read(Seat seat, int msr, long now) {
    return switch (msr) {
      case TIMESTAMP -> now + seat.timestampOffset;
      case APIC_BASE -> seat.apic.base();
      case TIMESTAMP_ADJUST -> seat.timestampOffset;
      case DEADLINE -> seat.apic.timer().deadline();
      case X2APIC + ApicRegisters.COMMAND -> seat.apic.x2apicCommand();
      default -> seat.apic.read(msr - X2APIC, now) & 0xffff_ffffL;
    };
  }

  /** Writes one; false if that raises #GP. */
  boolean write(Seat seat, int msr, long value, long now) {
    switch (msr) {
      case TIMESTAMP -> seat.timestampOffset = value - now;
      case APIC_BASE -> {
        return seat.apic.setBase(value, config.hasX2apic(), config.physicalBits());
      }
      case TIMESTAMP_ADJUST -> seat.timestampOffset = value;
      case DEADLINE -> {
        seat.apic.timer().setDeadline(value);
        return config.hasDeadlineTimer();
      }
      default -> {
        return isX2apicRegister(msr)
            && seat.apic.isX2apic()
            && seat.apic.writeX2apic(msr - X2APIC, value, now);
      }
    }
    return true;
  }
}
