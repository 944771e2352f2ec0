package dev.gnomon.checker.schedule;

import dev.gnomon.mmu.platform.SharedWords;

/** Shared words of which each access is a step. */
final class ExploredWords extends SharedWords implements Location.Words {
  private static final Location[] NO_PLACES = {};

  private final Stage stage;
  private final ExploredMemory memory;
  private final boolean isUsedByLocks;
  private final String maker;
  private final long[] words;
  private Location[] places = NO_PLACES;

  ExploredWords(
      Stage stage, ExploredMemory memory, boolean isUsedByLocks, String maker, int count) {
    this.stage = stage;
    this.memory = memory;
    this.isUsedByLocks = isUsedByLocks;
    this.maker = maker;
    words = new long[count];
  }

  Location location(int index) {
    if (places.length == 0) {
      places = new Location[words.length];
    }
    return stage.locations().of(places, this, index);
  }

  /** Locks made of words are words like others: whatever is written may give one back. */
  private void publish(long value) {
    if (isUsedByLocks) {
      memory.publishAll(stage.cpu());
    } else {
      memory.publish(value);
    }
  }

  @Override
  public int length() {
    return words.length;
  }

  @Override
  public long get(int index) {
    return stage.isConcurrent() ? stage.accesses().load(location(index)) : words[index];
  }

  @Override
  public void set(int index, long value) {
    if (stage.isConcurrent()) {
      publish(value);
      stage.accesses().store(location(index), value, -1);
    } else {
      words[index] = value;
    }
  }

  /** Reads and changes a word in one step; returns what it held. */
  long change(int index, Accesses.Change change, long operand, long expected) {
    if (stage.isConcurrent()) {
      publish(operand);
      return stage.accesses().readModifyWrite(location(index), change, operand, expected, -1, 0);
    }
    long held = words[index];
    if (change != ExploredMemory.EXCHANGE_IF || held == expected) {
      words[index] = change.apply(held, operand, expected);
    }
    return held;
  }

  @Override
  public long compareAndExchange(int index, long expected, long value) {
    return change(index, ExploredMemory.EXCHANGE_IF, value, expected);
  }

  @Override
  public long getAndSet(int index, long value) {
    return change(index, ExploredMemory.EXCHANGE, value, 0);
  }

  @Override
  public long getAndAdd(int index, long delta) {
    return change(index, ExploredMemory.ADD, delta, 0);
  }

  @Override
  public long getAndAnd(int index, long mask) {
    return change(index, ExploredMemory.AND, mask, 0);
  }

  @Override
  public long getAndOr(int index, long mask) {
    return change(index, ExploredMemory.OR, mask, 0);
  }

  @Override
  public long value(int index) {
    return words[index];
  }

  @Override
  public void put(int index, long value) {
    words[index] = value;
  }

  @Override
  public String describe(int index) {
    return words.length == 1 ? maker : maker + "[" + index + "]";
  }
}
