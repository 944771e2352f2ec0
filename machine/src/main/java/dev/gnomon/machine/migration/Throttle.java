package dev.gnomon.machine.migration;

/** How long to wait so that no more than a bandwidth is used: a bucket of tokens that holds few. */
final class Throttle {
  private static final double NANOS = 1e9;

  /** What may be saved up for a burst. */
  private static final double BURST_SECONDS = 0.01;

  private final double bytesPerSecond;
  private double credit;
  private long lastNanos;

  /** None at all for 0. */
  Throttle(long bytesPerSecond, long nowNanos) {
    this.bytesPerSecond = bytesPerSecond;
    lastNanos = nowNanos;
  }

  /** Says that so much was sent. */
  void charge(long bytes) {
    credit -= bytes;
  }

  /** For how long nothing may be sent, in nanoseconds. */
  long debt(long nowNanos) {
    if (bytesPerSecond == 0) {
      return 0;
    }
    credit += (nowNanos - lastNanos) / NANOS * bytesPerSecond;
    credit = Math.min(credit, bytesPerSecond * BURST_SECONDS);
    lastNanos = nowNanos;
    return credit >= 0 ? 0 : (long) (-credit / bytesPerSecond * NANOS);
  }
}
