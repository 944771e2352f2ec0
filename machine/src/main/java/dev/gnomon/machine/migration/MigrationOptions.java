package dev.gnomon.machine.migration;

/**
 * How a guest is migrated.
 *
 * @param bandwidthBytesPerSecond how much may be sent, 0 for no limit
 * @param totalAccesses how many accesses the guest makes from boot to end: the migration starts
 *     after the first tenth, and its stop comes before the last tenth
 * @param allowedDowntimeSeconds how long the guest may stand still for the last copy
 * @param maximumRounds so many rounds before the stop, at most
 */
public record MigrationOptions(
    long bandwidthBytesPerSecond,
    long totalAccesses,
    double allowedDowntimeSeconds,
    int maximumRounds) {

  /** A thirtieth of what VMMs commonly allow: guests are small here, and rounds are to be seen. */
  public static final double DEFAULT_DOWNTIME_SECONDS = 0.01;

  /** More rarely help. */
  public static final int DEFAULT_MAXIMUM_ROUNDS = 30;

  public MigrationOptions {
    if (bandwidthBytesPerSecond < 0 || totalAccesses < 1) {
      throw new IllegalArgumentException("no bandwidth below 0, and at least one access");
    }
    if (!(allowedDowntimeSeconds >= 0) || maximumRounds < 1) {
      throw new IllegalArgumentException("no downtime below 0, and at least one round");
    }
  }

  /** With the default downtime and number of rounds. */
  public MigrationOptions(long bandwidthBytesPerSecond, long totalAccesses) {
    this(bandwidthBytesPerSecond, totalAccesses, DEFAULT_DOWNTIME_SECONDS, DEFAULT_MAXIMUM_ROUNDS);
  }
}
