package dev.gnomon.machine.device;

/**
 * A local APIC's timer (Intel SDM 3A, 11.5.4): one-shot and periodic, counting down at 1 GHz
 * divided, or a deadline of the time-stamp counter. Used by its vCPU's CPU. It knows no clock: who
 * calls says what time it is, in nanoseconds.
 */
final class ApicTimer {
  /** Bit 16 of a local vector: no interrupt. */
  static final int MASKED = 1 << 16;

  private static final int MODE_SHIFT = 17;
  private static final int PERIODIC = 1;
  private static final int DEADLINE = 2;

  /** A shorter period would have the vCPU do nothing else. */
  private static final long SHORTEST_PERIOD = 1_000;

  private final boolean hasDeadline;
  private int vector = MASKED;
  private int divideConfiguration;
  private int initialCount;
  private long start;

  /** Expirations until now, of one start. */
  private long expirations;

  private long deadline;

  /** One that offers TSC deadlines, or does not. */
  ApicTimer(boolean hasDeadline) {
    this.hasDeadline = hasDeadline;
  }

  /** As after INIT. */
  void reset() {
    vector = MASKED;
    divideConfiguration = 0;
    initialCount = 0;
    deadline = 0;
  }

  private int mode() {
    return vector >>> MODE_SHIFT & 3;
  }

  private boolean isDeadline() {
    return mode() == DEADLINE;
  }

  /** The local vector register. */
  int vector() {
    return vector;
  }

  /** Writes it. Between counting and deadlines the timer is disarmed. */
  void setVector(int value) {
    int mode = value >>> MODE_SHIFT & 3;
    if (mode > DEADLINE || mode == DEADLINE && !hasDeadline) {
      return;
    }
    boolean wasDeadline = isDeadline();
    vector = value;
    if (isDeadline() != wasDeadline) {
      initialCount = 0;
      deadline = 0;
    }
  }

  int divideConfiguration() {
    return divideConfiguration;
  }

  /** Writes the divide configuration; the count goes on from where it is. */
  void setDivideConfiguration(int value, long now) {
    long counted = initialCount - Integer.toUnsignedLong(currentCount(now));
    divideConfiguration = value & 0xb;
    start = now - counted * divisor();
  }

  /** 0, 1, 2 ... 7 stand for 2, 4, 8 ... 128, and 1. */
  private int divisor() {
    int code = divideConfiguration & 3 | divideConfiguration >>> 1 & 4;
    return 1 << (code + 1 & 7);
  }

  int initialCount() {
    return isDeadline() ? 0 : initialCount;
  }

  /** Writes the initial count, which starts the timer; 0 stops it. */
  void setInitialCount(int value, long now) {
    if (!isDeadline()) {
      initialCount = value;
      start = now;
      expirations = 0;
    }
  }

  int currentCount(long now) {
    if (isDeadline() || initialCount == 0) {
      return 0;
    }
    long count = Integer.toUnsignedLong(initialCount);
    long elapsed = (now - start) / divisor();
    if (mode() == PERIODIC) {
      return (int) (count - elapsed % count);
    }
    return (int) Math.max(0, count - elapsed);
  }

  /** The deadline, 0 if none is set. */
  long deadline() {
    return isDeadline() ? deadline : 0;
  }

  /** Sets a deadline of the time-stamp counter; 0 disarms. */
  void setDeadline(long value) {
    if (isDeadline()) {
      deadline = value;
    }
  }

  private long period() {
    long period = Integer.toUnsignedLong(initialCount) * divisor();
    return mode() == PERIODIC ? Math.max(period, SHORTEST_PERIOD) : period;
  }

  /**
   * When it expires next, in nanoseconds; {@link Long#MAX_VALUE} for never.
   *
   * @param timestampOffset what the vCPU's time-stamp counter is ahead of the nanoseconds
   */
  long nextExpiration(long timestampOffset) {
    if (isDeadline()) {
      return deadline > 0 ? deadline - timestampOffset : Long.MAX_VALUE;
    }
    if (initialCount == 0 || mode() != PERIODIC && expirations > 0) {
      return Long.MAX_VALUE;
    }
    return start + (expirations + 1) * period();
  }

  /** Takes note of the time; true if the timer has expired since and is to interrupt. */
  boolean hasExpired(long now, long timestampOffset) {
    if (now < nextExpiration(timestampOffset)) {
      return false;
    }
    if (isDeadline()) {
      deadline = 0;
    } else {
      expirations = mode() == PERIODIC ? (now - start) / period() : 1;
    }
    return (vector & MASKED) == 0;
  }
}
