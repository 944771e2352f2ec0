package dev.gnomon.machine.lockstep;

import dev.gnomon.mmu.platform.PhysicalMemory;

/** Physical memory of which each access is a step. */
final class LockstepMemory extends PhysicalMemory {
  private final Scheduler scheduler;
  private final PhysicalMemory memory;

  /** The trace counts addresses from here, so that it does not depend on where the memory lies. */
  private final long base;

  LockstepMemory(Scheduler scheduler, PhysicalMemory memory, long base) {
    this.scheduler = scheduler;
    this.memory = memory;
    this.base = base;
  }

  /** A word, as a number for the trace. */
  long place(long hpa) {
    return hpa - base;
  }

  /** Loads a word without a step. */
  long peek(long hpa) {
    return memory.getLong(hpa);
  }

  @Override
  public byte getByte(long hpa) {
    scheduler.step(Operation.LOAD, hpa - base);
    return memory.getByte(hpa);
  }

  @Override
  public short getShort(long hpa) {
    scheduler.step(Operation.LOAD, hpa - base);
    return memory.getShort(hpa);
  }

  @Override
  public int getInt(long hpa) {
    scheduler.step(Operation.LOAD, hpa - base);
    return memory.getInt(hpa);
  }

  @Override
  public long getLong(long hpa) {
    scheduler.step(Operation.LOAD, hpa - base);
    return memory.getLong(hpa);
  }

  @Override
  public void setByte(long hpa, byte value) {
    scheduler.step(Operation.STORE, hpa - base);
    memory.setByte(hpa, value);
  }

  @Override
  public void setShort(long hpa, short value) {
    scheduler.step(Operation.STORE, hpa - base);
    memory.setShort(hpa, value);
  }

  @Override
  public void setInt(long hpa, int value) {
    scheduler.step(Operation.STORE, hpa - base);
    memory.setInt(hpa, value);
  }

  @Override
  public void setLong(long hpa, long value) {
    scheduler.step(Operation.STORE, hpa - base);
    memory.setLong(hpa, value);
  }

  @Override
  public int compareAndExchangeInt(long hpa, int expected, int value) {
    scheduler.step(Operation.READ_MODIFY_WRITE, hpa - base);
    return memory.compareAndExchangeInt(hpa, expected, value);
  }

  @Override
  public int getAndSetInt(long hpa, int value) {
    scheduler.step(Operation.READ_MODIFY_WRITE, hpa - base);
    return memory.getAndSetInt(hpa, value);
  }

  @Override
  public int getAndAddInt(long hpa, int delta) {
    scheduler.step(Operation.READ_MODIFY_WRITE, hpa - base);
    return memory.getAndAddInt(hpa, delta);
  }

  @Override
  public int getAndAndInt(long hpa, int mask) {
    scheduler.step(Operation.READ_MODIFY_WRITE, hpa - base);
    return memory.getAndAndInt(hpa, mask);
  }

  @Override
  public int getAndOrInt(long hpa, int mask) {
    scheduler.step(Operation.READ_MODIFY_WRITE, hpa - base);
    return memory.getAndOrInt(hpa, mask);
  }

  @Override
  public long compareAndExchangeLong(long hpa, long expected, long value) {
    scheduler.step(Operation.READ_MODIFY_WRITE, hpa - base);
    return memory.compareAndExchangeLong(hpa, expected, value);
  }

  @Override
  public long getAndSetLong(long hpa, long value) {
    scheduler.step(Operation.READ_MODIFY_WRITE, hpa - base);
    return memory.getAndSetLong(hpa, value);
  }

  @Override
  public long getAndAddLong(long hpa, long delta) {
    scheduler.step(Operation.READ_MODIFY_WRITE, hpa - base);
    return memory.getAndAddLong(hpa, delta);
  }

  @Override
  public long getAndAndLong(long hpa, long mask) {
    scheduler.step(Operation.READ_MODIFY_WRITE, hpa - base);
    return memory.getAndAndLong(hpa, mask);
  }

  @Override
  public long getAndOrLong(long hpa, long mask) {
    scheduler.step(Operation.READ_MODIFY_WRITE, hpa - base);
    return memory.getAndOrLong(hpa, mask);
  }

  @Override
  public void fill(long pfn, long value) {
    scheduler.step(Operation.BULK, hpa(pfn) - base);
    memory.fill(pfn, value);
  }

  @Override
  public void copy(long fromPfn, long toPfn) {
    scheduler.step(Operation.BULK, hpa(toPfn) - base);
    memory.copy(fromPfn, toPfn);
  }

  @Override
  public void read(long hpa, byte[] into, int offset, int length) {
    scheduler.step(Operation.BULK, hpa - base);
    memory.read(hpa, into, offset, length);
  }

  @Override
  public void write(long hpa, byte[] from, int offset, int length) {
    scheduler.step(Operation.BULK, hpa - base);
    memory.write(hpa, from, offset, length);
  }
}
