package dev.gnomon.checker.schedule;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Shows steps to a listener, if there is one. What that does is no step, and no race. */
final class Onlooker {
  private final Stage stage;
  private final Synchronizer synchronizer;
  private @Nullable StepListener listener;

  Onlooker(Stage stage, Synchronizer synchronizer) {
    this.stage = stage;
    this.synchronizer = synchronizer;
  }

  void setListener(@Nullable StepListener newListener) {
    listener = newListener;
  }

  /** Whether anyone looks on: then things are worth a name. */
  boolean isThere() {
    return listener != null;
  }

  /** Shows a step right after it was taken. */
  void stepped(
      Mover me,
      Operation operation,
      @Nullable Location x,
      boolean writes,
      long before,
      long after) {
    if (listener != null) {
      show(seer -> seer.stepped(me, operation, x, writes, before, after));
    }
  }

  /** Shows what nature has chosen. */
  void chose(Mover chooser, int n, int chosen) {
    if (listener != null) {
      show(seer -> seer.chose(chooser, n, chosen));
    }
  }

  /** Shows an access that violates something. */
  void refused(Location x) {
    if (listener != null) {
      Mover refused = stage.refused();
      show(seer -> seer.refused(refused, x));
    }
  }

  private void show(Consumer<StepListener> what) {
    StepListener seer = listener;
    if (seer != null) {
      boolean was = stage.isConcurrent();
      stage.setConcurrent(false);
      synchronizer.beginLook();
      try {
        what.accept(seer);
      } finally {
        synchronizer.endLook();
        stage.setConcurrent(was);
      }
    }
  }
}
