package dev.gnomon.machine.migration;

import org.jspecify.annotations.Nullable;

/**
 * Decides after each round whether the guest is stopped or another round begins: it is stopped when
 *
 * <ul>
 *   <li>what is left can be sent, at the rate of the rounds so far, within the downtime that is
 *       allowed; or
 *   <li>what is left has not become less than ever before for {@link #PATIENCE} rounds: the guest
 *       dirties pages as fast as they are sent, and more rounds only send them again; or
 *   <li>there have been as many rounds as there may be.
 * </ul>
 */
final class Convergence {
  /** So many rounds without progress are enough. */
  static final int PATIENCE = 3;

  /** A round that is shorter says little about the rate. */
  private static final double MEANINGFUL_SECONDS = 0.002;

  private final double allowedDowntimeSeconds;
  private final int maximumRounds;
  private double bytesPerSecond;
  private long leastPages = Long.MAX_VALUE;
  private int roundsWithoutProgress;

  Convergence(MigrationOptions options) {
    allowedDowntimeSeconds = options.allowedDowntimeSeconds();
    maximumRounds = options.maximumRounds();
  }

  /**
   * Decides after a round.
   *
   * @param bytesPerPage what a page takes
   * @return why the guest is to be stopped, or null if another round is to begin
   */
  @Nullable StopReason after(Round round, long bytesPerPage) {
    if (bytesPerSecond == 0 || round.seconds() >= MEANINGFUL_SECONDS) {
      bytesPerSecond = round.seconds() > 0 ? round.bytes() / round.seconds() : 0;
    }
    long left = round.dirtyPages();
    if (left * (double) bytesPerPage <= allowedDowntimeSeconds * bytesPerSecond) {
      return StopReason.CONVERGED;
    }
    roundsWithoutProgress = left < leastPages ? 0 : roundsWithoutProgress + 1;
    leastPages = Math.min(leastPages, left);
    if (roundsWithoutProgress >= PATIENCE) {
      return StopReason.NO_PROGRESS;
    }
    return round.number() + 1 >= maximumRounds ? StopReason.ROUND_LIMIT : null;
  }
}
