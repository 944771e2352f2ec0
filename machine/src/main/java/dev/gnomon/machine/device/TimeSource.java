package dev.gnomon.machine.device;

/**
 * Where the machine has its time from. One nanosecond is one tick of the time-stamp counter and of
 * the clock that the local APIC's timer divides: both run at 1 GHz.
 *
 * <p>Any vCPU's CPU may call it at any time.
 */
public interface TimeSource {

  /** Nanoseconds since power-on as a vCPU sees them. They never go back. */
  long nanoseconds(int vcpu);

  /** Seconds since 1970 in UTC, for the real-time clock. */
  long epochSeconds();

  /**
   * Asks for {@link Pc#alarm} with that vCPU, once, when the time has come; in place of what the
   * vCPU asked for before.
   *
   * @param nanoseconds when, as {@link #nanoseconds} counts; {@link Long#MAX_VALUE} for never
   */
  void setAlarm(int vcpu, long nanoseconds);
}
