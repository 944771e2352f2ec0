package dev.gnomon.checker.schedule;

/** A lock that is taken, alone or shared, in one step. Not reentrant. */
final class AbstractLock implements Location.Words {
  private static final int NOBODY = -1;

  private final Stage stage;
  private final ExploredMemory memory;
  private final String name;
  private final Location[] place = new Location[1];

  /** As memory has it. Under TSO its giver may think otherwise already. */
  private int writer = NOBODY;

  private long readers;

  /** By CPU, as bits: who thinks that it holds the lock. */
  private long holdsAlone;

  private long holdsShared;

  AbstractLock(Stage stage, ExploredMemory memory, String name) {
    this.stage = stage;
    this.memory = memory;
    this.name = name;
  }

  void acquire(int cpu, Operation operation) {
    if (isHeldAloneBy(cpu) || isSharedBy(cpu)) {
      throw new IllegalStateException("CPU " + cpu + " takes a lock that it holds: " + name);
    }
    if (stage.isConcurrent()) {
      stage.accesses().acquire(this, stage.locations().of(place, this, 0), operation);
    } else {
      if (!canTake(operation)) {
        throw new IllegalStateException("CPU " + cpu + ", alone, waits for a lock: " + name);
      }
      take(operation, cpu);
    }
    if (operation == Operation.LOCK_SHARED) {
      holdsShared |= 1L << cpu;
    } else {
      holdsAlone |= 1L << cpu;
    }
  }

  void release(int cpu, Operation operation) {
    boolean isShared = operation == Operation.UNLOCK_SHARED;
    if (isShared ? !isSharedBy(cpu) : !isHeldAloneBy(cpu)) {
      throw new IllegalStateException("CPU " + cpu + " leaves a lock not its own: " + name);
    }
    if (isShared) {
      holdsShared &= ~(1L << cpu);
    } else {
      holdsAlone &= ~(1L << cpu);
    }
    if (stage.isConcurrent()) {
      memory.publishAll(cpu);
      stage.accesses().release(this, stage.locations().of(place, this, 0), operation);
    } else {
      give(operation, cpu);
    }
  }

  boolean isHeldAloneBy(int cpu) {
    return (holdsAlone & 1L << cpu) != 0;
  }

  boolean isSharedBy(int cpu) {
    return (holdsShared & 1L << cpu) != 0;
  }

  // --- for the stage ---

  boolean canTake(Operation acquire) {
    return writer == NOBODY && (acquire == Operation.LOCK_SHARED || readers == 0);
  }

  void take(Operation acquire, int cpu) {
    if (acquire == Operation.LOCK_SHARED) {
      readers |= 1L << cpu;
    } else {
      writer = cpu;
    }
  }

  void give(Operation release, int cpu) {
    if (release == Operation.UNLOCK_SHARED) {
      readers &= ~(1L << cpu);
    } else {
      writer = NOBODY;
    }
  }

  /** Who holds it: the CPU plus 1 if alone, bits from 32 on if shared, 0 if nobody. */
  @Override
  public long value(int index) {
    return writer + 1 | readers << Integer.SIZE;
  }

  @Override
  public void put(int index, long value) {
    throw new IllegalStateException("a lock is not stored to: " + name);
  }

  @Override
  public String describe(int index) {
    return name;
  }
}
