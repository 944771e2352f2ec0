package dev.gnomon.checker.schedule;

import dev.gnomon.checker.property.Property;
import dev.gnomon.checker.property.Violation;

/** A state in which everyone waits. */
final class Standstill {
  private Standstill() {}

  /**
   * What it violates.
   *
   * @param isNew whether what could have come otherwise is to be gathered
   */
  static Violation violation(Mover[] movers, Races races, boolean isNew, Director director) {
    StringBuilder message = new StringBuilder();
    boolean isRetrying = false;
    for (Mover mover : movers) {
      if (mover.isLive) {
        isRetrying |= mover.pending == Operation.RETRY;
        message.append(message.isEmpty() ? "" : "; ").append(waits(mover));
        if (isNew) {
          waitsForEver(mover, races, director.position());
        }
      }
    }
    return new Violation(
        Property.PROGRESS, (isRetrying ? "livelock" : "deadlock") + ", everyone waits: " + message);
  }

  /** Had the mover come earlier, it might not have to wait. */
  private static void waitsForEver(Mover mover, Races races, int nodeIndex) {
    races.gather(true);
    switch (mover.pending) {
      case AWAIT -> races.neverChanges(mover.location, mover.seen, mover.id, nodeIndex);
      case LOCK_SHARED, LOCK_EXCLUSIVE ->
          races.neverTakes(mover.location, mover.pending.writes(), mover.id, nodeIndex);
      default -> {
        // Who tries again would have had to see something else.
      }
    }
  }

  private static String waits(Mover mover) {
    return mover.name
        + switch (mover.pending) {
          case AWAIT ->
              " waits for " + mover.location + " to change from 0x" + Long.toHexString(mover.seen);
          case RETRY -> " waits for a word that it has read to change";
          default -> " waits for " + mover.location;
        };
  }
}
