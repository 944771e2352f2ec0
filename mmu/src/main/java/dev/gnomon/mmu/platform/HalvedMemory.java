package dev.gnomon.mmu.platform;

/**
 * Memory as a host with words of 32 bits reaches it: eight bytes are loaded and stored as two
 * halves. The order is the one that a compiler would choose, from the lower address up, which is
 * the wrong one for an entry that a processor may be walking through: who needs another says so by
 * {@link #setInt}.
 */
final class HalvedMemory extends PhysicalMemory {
  private final PhysicalMemory memory;

  HalvedMemory(PhysicalMemory memory) {
    this.memory = memory;
  }

  @Override
  public PhysicalMemory ofPageWalks() {
    return memory.ofPageWalks();
  }

  @Override
  public long getLong(long hpa) {
    requireAligned(hpa);
    int low = memory.getInt(hpa);
    int high = memory.getInt(hpa + Integer.BYTES);
    return (long) high << Integer.SIZE | Integer.toUnsignedLong(low);
  }

  @Override
  public void setLong(long hpa, long value) {
    requireAligned(hpa);
    memory.setInt(hpa, (int) value);
    memory.setInt(hpa + Integer.BYTES, (int) (value >>> Integer.SIZE));
  }

  private static void requireAligned(long hpa) {
    if ((hpa & Long.BYTES - 1) != 0) {
      throw new IllegalArgumentException("8 bytes at 0x" + Long.toHexString(hpa));
    }
  }

  @Override
  public byte getByte(long hpa) {
    return memory.getByte(hpa);
  }

  @Override
  public short getShort(long hpa) {
    return memory.getShort(hpa);
  }

  @Override
  public int getInt(long hpa) {
    return memory.getInt(hpa);
  }

  @Override
  public void setByte(long hpa, byte value) {
    memory.setByte(hpa, value);
  }

  @Override
  public void setShort(long hpa, short value) {
    memory.setShort(hpa, value);
  }

  @Override
  public void setInt(long hpa, int value) {
    memory.setInt(hpa, value);
  }

  @Override
  public int compareAndExchangeInt(long hpa, int expected, int value) {
    return memory.compareAndExchangeInt(hpa, expected, value);
  }

  @Override
  public int getAndSetInt(long hpa, int value) {
    return memory.getAndSetInt(hpa, value);
  }

  @Override
  public int getAndAddInt(long hpa, int delta) {
    return memory.getAndAddInt(hpa, delta);
  }

  @Override
  public int getAndAndInt(long hpa, int mask) {
    return memory.getAndAndInt(hpa, mask);
  }

  @Override
  public int getAndOrInt(long hpa, int mask) {
    return memory.getAndOrInt(hpa, mask);
  }

  @Override
  public long compareAndExchangeLong(long hpa, long expected, long value) {
    return memory.compareAndExchangeLong(hpa, expected, value);
  }

  @Override
  public long getAndSetLong(long hpa, long value) {
    return memory.getAndSetLong(hpa, value);
  }

  @Override
  public long getAndAddLong(long hpa, long delta) {
    return memory.getAndAddLong(hpa, delta);
  }

  @Override
  public long getAndAndLong(long hpa, long mask) {
    return memory.getAndAndLong(hpa, mask);
  }

  @Override
  public long getAndOrLong(long hpa, long mask) {
    return memory.getAndOrLong(hpa, mask);
  }

  @Override
  public void fill(long pfn, long value) {
    memory.fill(pfn, value);
  }

  @Override
  public void copy(long fromPfn, long toPfn) {
    memory.copy(fromPfn, toPfn);
  }

  @Override
  public void read(long hpa, byte[] into, int offset, int length) {
    memory.read(hpa, into, offset, length);
  }

  @Override
  public void write(long hpa, byte[] from, int offset, int length) {
    memory.write(hpa, from, offset, length);
  }
}
