package dev.gnomon.checker.race;

import org.jspecify.annotations.Nullable;

/**
 * A thread on which executions run as coroutines, one step at a time. The detector hangs on it, as
 * a field of the thread is what a probe finds soonest; all coroutines of an execution share it.
 */
public class CarrierThread extends Thread {
  @Nullable RaceDetector detector;

  /** Makes a thread that is not started. */
  public CarrierThread(@Nullable Runnable task, String name) {
    super(null, task, name);
  }

  /** Makes one with a stack of another size than usual, in bytes. */
  public CarrierThread(@Nullable Runnable task, String name, long stackSize) {
    super(null, task, name, stackSize);
  }

  /**
   * From now on the detector is told what this thread does; null for none. Called by this thread,
   * or before it starts.
   */
  public final void watch(@Nullable RaceDetector newDetector) {
    detector = newDetector;
  }
}
