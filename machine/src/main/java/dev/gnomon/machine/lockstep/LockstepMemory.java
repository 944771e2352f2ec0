package dev.gnomon.machine.lockstep;

import dev.gnomon.mmu.platform.PhysicalMemory;

/** Physical memory of which each access is a step. */
final class LockstepMemory extends PhysicalMemory {
  private final Scheduler scheduler;
  private final PhysicalMemory memory;

  LockstepMemory(Scheduler scheduler, PhysicalMemory memory) {
    this.scheduler = scheduler;
    this.memory = memory;
  }

  /** Loads a word without a step. */
  long peek(long hpa) {
    return memory.getLong(hpa);
  }

  @Override
  public byte getByte(long hpa) {
    scheduler.step(Operation.LOAD, hpa);
    return memory.getByte(hpa);
  }

  @Override
  public short getShort(long hpa) {
    scheduler.step(Operation.LOAD, hpa);
    return memory.getShort(hpa);
  }

  @Override
  public int getInt(long hpa) {
    scheduler.step(Operation.LOAD, hpa);
    return memory.getInt(hpa);
  }

  @Override
  public long getLong(long hpa) {
    scheduler.step(Operation.LOAD, hpa);
    return memory.getLong(hpa);
  }

  @Override
  public void setByte(long hpa, byte value) {
    scheduler.step(Operation.STORE, hpa);
    memory.setByte(hpa, value);
  }

  @Override
  public void setShort(long hpa, short value) {
    scheduler.step(Operation.STORE, hpa);
    memory.setShort(hpa, value);
  }

  @Override
  public void setInt(long hpa, int value) {
    scheduler.step(Operation.STORE, hpa);
    memory.setInt(hpa, value);
  }

  @Override
  public void setLong(long hpa, long value) {
    scheduler.step(Operation.STORE, hpa);
    memory.setLong(hpa, value);
  }

  @Override
  public int compareAndExchangeInt(long hpa, int expected, int value) {
    scheduler.step(Operation.READ_MODIFY_WRITE, hpa);
    return memory.compareAndExchangeInt(hpa, expected, value);
  }

  @Override
  public int getAndSetInt(long hpa, int value) {
    scheduler.step(Operation.READ_MODIFY_WRITE, hpa);
    return memory.getAndSetInt(hpa, value);
  }

  @Override
  public int getAndAddInt(long hpa, int delta) {
    scheduler.step(Operation.READ_MODIFY_WRITE, hpa);
    return memory.getAndAddInt(hpa, delta);
  }

  @Override
  public int getAndAndInt(long hpa, int mask) {
    scheduler.step(Operation.READ_MODIFY_WRITE, hpa);
    return memory.getAndAndInt(hpa, mask);
  }

  @Override
  public int getAndOrInt(long hpa, int mask) {
    scheduler.step(Operation.READ_MODIFY_WRITE, hpa);
    return memory.getAndOrInt(hpa, mask);
  }

  @Override
  public long compareAndExchangeLong(long hpa, long expected, long value) {
    scheduler.step(Operation.READ_MODIFY_WRITE, hpa);
    return memory.compareAndExchangeLong(hpa, expected, value);
  }

  @Override
  public long getAndSetLong(long hpa, long value) {
    scheduler.step(Operation.READ_MODIFY_WRITE, hpa);
    return memory.getAndSetLong(hpa, value);
  }

  @Override
  public long getAndAddLong(long hpa, long delta) {
    scheduler.step(Operation.READ_MODIFY_WRITE, hpa);
    return memory.getAndAddLong(hpa, delta);
  }

  @Override
  public long getAndAndLong(long hpa, long mask) {
    scheduler.step(Operation.READ_MODIFY_WRITE, hpa);
    return memory.getAndAndLong(hpa, mask);
  }

  @Override
  public long getAndOrLong(long hpa, long mask) {
    scheduler.step(Operation.READ_MODIFY_WRITE, hpa);
    return memory.getAndOrLong(hpa, mask);
  }

  @Override
  public void fill(long pfn, long value) {
    scheduler.step(Operation.BULK, pfn);
    memory.fill(pfn, value);
  }

  @Override
  public void copy(long fromPfn, long toPfn) {
    scheduler.step(Operation.BULK, toPfn);
    memory.copy(fromPfn, toPfn);
  }

  @Override
  public void read(long hpa, byte[] into, int offset, int length) {
    scheduler.step(Operation.BULK, hpa);
    memory.read(hpa, into, offset, length);
  }

  @Override
  public void write(long hpa, byte[] from, int offset, int length) {
    scheduler.step(Operation.BULK, hpa);
    memory.write(hpa, from, offset, length);
  }
}
