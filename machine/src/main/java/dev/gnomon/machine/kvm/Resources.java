package dev.gnomon.machine.kvm;

import java.util.ArrayDeque;
import java.util.Deque;

/** What has to be given back, last taken first. */
final class Resources implements AutoCloseable {
  /** Gives something back; cannot fail. */
  @FunctionalInterface
  interface Return {
    void close();
  }

  private final Deque<Return> taken = new ArrayDeque<>();

  void keep(Return resource) {
    taken.push(resource);
  }

  @Override
  public void close() {
    while (!taken.isEmpty()) {
      taken.pop().close();
    }
  }
}
