package dev.gnomon.checker.schedule;

import dev.gnomon.checker.race.CarrierThread;
import dev.gnomon.checker.race.RaceDetector;
import dev.gnomon.checker.race.SyncClock;
import org.jspecify.annotations.Nullable;

/**
 * Tells the race detector who runs, and what each step on the port orders: a load comes after what
 * the last store made known, a lock after those who gave it back. Does nothing if no one looks for
 * races.
 */
final class Synchronizer {
  private final @Nullable RaceDetector detector;
  private final Mover[] movers;
  private final int cpus;

  Synchronizer(Stage stage, Mover[] movers, int cpus, boolean findsRaces) {
    this.movers = movers;
    this.cpus = cpus;
    detector =
        findsRaces ? new RaceDetector(race -> stage.violate(race.violation(this::name))) : null;
  }

  private String name(int cpu) {
    return cpu < cpus ? movers[cpu].name : "the preparation";
  }

  /** A new execution begins on the calling thread. */
  void begin() {
    watch(detector);
    if (detector != null) {
      detector.begin(cpus);
    }
  }

  /** Someone looks at the machine who is no part of it. */
  void beginLook() {
    watch(null);
  }

  void endLook() {
    watch(detector);
  }

  private static void watch(@Nullable RaceDetector watching) {
    if (Thread.currentThread() instanceof CarrierThread carrier) {
      carrier.watch(watching);
    }
  }

  void resumed(int cpu) {
    if (detector != null) {
      detector.switchTo(cpu);
    }
  }

  void paused() {
    if (detector != null) {
      detector.switchTo(detector.main());
    }
  }

  void started(int cpu) {
    if (detector != null) {
      detector.fork(cpu);
    }
  }

  void ended(int cpu) {
    if (detector != null) {
      detector.join(cpu);
    }
  }

  void loaded(Location x) {
    if (detector != null) {
      detector.acquire(x.released());
    }
  }

  void stored(Location x) {
    if (detector != null) {
      detector.release(x.released());
    }
  }

  void changed(Location x) {
    if (detector != null) {
      detector.acquireRelease(x.released());
    }
  }

  /** A store goes into a buffer; gives what it makes known when it reaches memory. */
  @Nullable SyncClock buffered() {
    if (detector == null) {
      return null;
    }
    SyncClock known = new SyncClock();
    detector.release(known);
    return known;
  }

  void committed(Location x, @Nullable SyncClock known) {
    if (known != null) {
      x.released().copy(known);
    }
  }

  void acquired(Location lock, boolean isExclusive) {
    if (detector != null) {
      detector.acquire(lock.released());
      if (isExclusive) {
        detector.acquire(lock.releasedShared());
      }
    }
  }

  void gaveBack(Location lock, boolean wasExclusive) {
    if (detector != null) {
      if (wasExclusive) {
        detector.release(lock.released());
      } else {
        detector.releaseInto(lock.releasedShared());
      }
    }
  }

  void committedRelease(Location lock, boolean wasExclusive, @Nullable SyncClock known) {
    if (known != null) {
      (wasExclusive ? lock.released() : lock.releasedShared()).add(known);
    }
  }
}
