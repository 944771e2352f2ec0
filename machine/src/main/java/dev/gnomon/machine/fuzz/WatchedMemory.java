package dev.gnomon.machine.fuzz;

import dev.gnomon.mmu.platform.PhysicalMemory;

/**
 * Memory as a vCPU's accesses reach it: remembers where each piece of the access under way has
 * gone, those that the VMM does too. Page walks are not watched.
 */
final class WatchedMemory extends PhysicalMemory {
  /** How a piece of an access was done. */
  enum Touch {
    /** Read from an hpa. */
    LOAD,
    /** Written to an hpa. */
    STORE,
    /** Read by the VMM, at a gpa. */
    VMM_READ,
    /** Written by the VMM, or not: at a gpa. */
    VMM_WRITE
  }

  private static final int MOST = 16;

  private final PhysicalMemory memory;
  private final Touch[] kinds = new Touch[MOST];
  private final long[] addresses = new long[MOST];
  private final int[] sizes = new int[MOST];
  private int count;

  WatchedMemory(PhysicalMemory memory) {
    this.memory = memory;
  }

  /** An access begins. */
  void begin() {
    count = 0;
  }

  /** How many pieces were done. */
  int count() {
    return count;
  }

  Touch kind(int at) {
    return kinds[at];
  }

  /** An hpa or a gpa. */
  long address(int at) {
    return addresses[at];
  }

  int size(int at) {
    return sizes[at];
  }

  /** A piece was done. */
  void touched(Touch kind, long address, int size) {
    if (count == MOST) {
      throw new Divergence("an access of more pieces than there are bytes");
    }
    kinds[count] = kind;
    addresses[count] = address;
    sizes[count] = size;
    count++;
  }

  // --- memory ---

  @Override
  public PhysicalMemory ofPageWalks() {
    return memory.ofPageWalks();
  }

  @Override
  public byte getByte(long hpa) {
    touched(Touch.LOAD, hpa, 1);
    return memory.getByte(hpa);
  }

  @Override
  public short getShort(long hpa) {
    touched(Touch.LOAD, hpa, 2);
    return memory.getShort(hpa);
  }

  @Override
  public int getInt(long hpa) {
    touched(Touch.LOAD, hpa, 4);
    return memory.getInt(hpa);
  }

  @Override
  public long getLong(long hpa) {
    touched(Touch.LOAD, hpa, 8);
    return memory.getLong(hpa);
  }

  @Override
  public void setByte(long hpa, byte value) {
    touched(Touch.STORE, hpa, 1);
    memory.setByte(hpa, value);
  }

  @Override
  public void setShort(long hpa, short value) {
    touched(Touch.STORE, hpa, 2);
    memory.setShort(hpa, value);
  }

  @Override
  public void setInt(long hpa, int value) {
    touched(Touch.STORE, hpa, 4);
    memory.setInt(hpa, value);
  }

  @Override
  public void setLong(long hpa, long value) {
    touched(Touch.STORE, hpa, 8);
    memory.setLong(hpa, value);
  }

  @Override
  public int compareAndExchangeInt(long hpa, int expected, int value) {
    touched(Touch.STORE, hpa, 4);
    return memory.compareAndExchangeInt(hpa, expected, value);
  }

  @Override
  public int getAndSetInt(long hpa, int value) {
    touched(Touch.STORE, hpa, 4);
    return memory.getAndSetInt(hpa, value);
  }

  @Override
  public int getAndAddInt(long hpa, int delta) {
    touched(Touch.STORE, hpa, 4);
    return memory.getAndAddInt(hpa, delta);
  }

  @Override
  public int getAndAndInt(long hpa, int mask) {
    touched(Touch.STORE, hpa, 4);
    return memory.getAndAndInt(hpa, mask);
  }

  @Override
  public int getAndOrInt(long hpa, int mask) {
    touched(Touch.STORE, hpa, 4);
    return memory.getAndOrInt(hpa, mask);
  }

  @Override
  public long compareAndExchangeLong(long hpa, long expected, long value) {
    touched(Touch.STORE, hpa, 8);
    return memory.compareAndExchangeLong(hpa, expected, value);
  }

  @Override
  public long getAndSetLong(long hpa, long value) {
    touched(Touch.STORE, hpa, 8);
    return memory.getAndSetLong(hpa, value);
  }

  @Override
  public long getAndAddLong(long hpa, long delta) {
    touched(Touch.STORE, hpa, 8);
    return memory.getAndAddLong(hpa, delta);
  }

  @Override
  public long getAndAndLong(long hpa, long mask) {
    touched(Touch.STORE, hpa, 8);
    return memory.getAndAndLong(hpa, mask);
  }

  @Override
  public long getAndOrLong(long hpa, long mask) {
    touched(Touch.STORE, hpa, 8);
    return memory.getAndOrLong(hpa, mask);
  }

  @Override
  public void fill(long pfn, long value) {
    throw new IllegalStateException("no access fills a frame");
  }

  @Override
  public void copy(long fromPfn, long toPfn) {
    throw new IllegalStateException("no access copies a frame");
  }

  @Override
  public void read(long hpa, byte[] into, int offset, int length) {
    throw new IllegalStateException("no access reads so");
  }

  @Override
  public void write(long hpa, byte[] from, int offset, int length) {
    throw new IllegalStateException("no access writes so");
  }
}
