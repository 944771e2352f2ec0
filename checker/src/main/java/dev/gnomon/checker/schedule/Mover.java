package dev.gnomon.checker.schedule;

import org.jspecify.annotations.Nullable;

/**
 * Who can take a step: the body of a CPU or, under TSO, the buffer of a CPU's stores. Numbered: CPU
 * i is mover i, its buffer mover {@code cpus + i}.
 */
final class Mover {
  final int id;

  /** The CPU that it is, or belongs to. */
  final int cpu;

  String name = "";
  @Nullable Coroutine coroutine;

  /** Whether it has a body that has not ended; or, a buffer, whether it holds a store. */
  boolean isLive;

  /** What it does next. */
  Operation pending = Operation.BEGIN;

  /** What it does it to; null for what concerns nobody else. */
  @Nullable Location location;

  /** Of an AWAIT: what the word must no longer hold. */
  long seen;

  /** Of a lock operation: the lock. */
  @Nullable AbstractLock lock;

  final Attempt attempt = new Attempt();

  Mover(int id, int cpu) {
    this.id = id;
    this.cpu = cpu;
  }

  void reset() {
    name = "";
    coroutine = null;
    isLive = false;
    pending = Operation.BEGIN;
    location = null;
    lock = null;
    attempt.begin();
  }

  @Override
  public String toString() {
    return name + " (" + pending + (location == null ? "" : " " + location) + ")";
  }
}
