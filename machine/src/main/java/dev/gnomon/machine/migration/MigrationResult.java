package dev.gnomon.machine.migration;

import java.util.List;

/**
 * What a migration did.
 *
 * @param rounds the full copy, the rounds over the dirty log, and last the copy after the stop
 * @param pagesSent how many pages were sent, counted as often as they were
 * @param pagesRedirtied how many pages were sent more than once
 * @param bytesSent how many bytes of pages were sent; a page of zeros takes few
 * @param accessesDuring how many accesses the guest made between start and stop
 * @param stoppedPages how many pages were sent after the stop
 * @param differingPages how many pages differed between source and destination after the last copy
 * @param firstDifferingGpa the gpa of the lowest of them, the first page lost, or -1
 * @param downtimeSeconds from the request to stop until the last copy had arrived
 * @param stopReason why the guest was stopped then
 */
public record MigrationResult(
    List<Round> rounds,
    long pagesSent,
    long pagesRedirtied,
    long bytesSent,
    long accessesDuring,
    long stoppedPages,
    long differingPages,
    long firstDifferingGpa,
    double downtimeSeconds,
    StopReason stopReason) {

  public MigrationResult {
    rounds = List.copyOf(rounds);
  }

  /** Whether the last copy was expected to fit into the downtime that is allowed. */
  public boolean hasConverged() {
    return stopReason == StopReason.CONVERGED;
  }

  /** Whether the destination holds what the source does. */
  public boolean isIdentical() {
    return differingPages == 0;
  }
}
