package dev.gnomon.cli.usage;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Lets a run end well when the process is asked to end (Ctrl-C): what is running is stopped, and
 * the process lives on until the results so far are told, if that does not take too long.
 *
 * <p>Before {@link #onRequest} there is nothing to stop and nothing to tell: the process ends at
 * once.
 */
public final class Interruption implements AutoCloseable {
  private static final int PATIENCE_SECONDS = 20;

  private final CountDownLatch told = new CountDownLatch(1);
  private final Thread hook = new Thread(this::stopAndWait, "interruption");

  /** Guarded by this. */
  private @Nullable Runnable stop;

  /** Written under this. */
  private volatile boolean isRequested;

  /** One that only {@link #request} can trigger, until {@link #install}. */
  public Interruption() {}

  /** Has the process's end trigger it. */
  public void install() {
    Runtime.getRuntime().addShutdownHook(hook);
  }

  private void stopAndWait() {
    if (!request()) {
      return;
    }
    try {
      if (!told.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        System.err.println(
            "gnomon: interrupted; the run did not stop within " + PATIENCE_SECONDS + " s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Asks for the end; returns whether there is something to stop. */
  public synchronized boolean request() {
    isRequested = true;
    if (stop == null) {
      return false;
    }
    stop.run();
    return true;
  }

  /**
   * Says what stops what is running now, in place of what was said before. It may be run at once.
   */
  public synchronized void onRequest(Runnable action) {
    stop = action;
    if (isRequested) {
      action.run();
    }
  }

  /** Whether the end was asked for. */
  public boolean isRequested() {
    return isRequested;
  }

  /** All is told. */
  @Override
  public void close() {
    told.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is ending already.
    }
  }
}
