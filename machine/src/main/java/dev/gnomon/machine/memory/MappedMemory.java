package dev.gnomon.machine.memory;

import dev.gnomon.mmu.platform.PhysicalMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * One extent of the mapping as physical memory. An address outside the extent fails, even where
 * another machine's memory lies. Every access is one comparison and one instruction of the
 * processor.
 */
final class MappedMemory extends PhysicalMemory {
  private static final VarHandle BYTE = ValueLayout.JAVA_BYTE.varHandle();
  private static final VarHandle SHORT = ValueLayout.JAVA_SHORT.varHandle();
  private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle();
  private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();
  private static final VarHandle SIZE;

  static {
    try {
      SIZE = MethodHandles.lookup().findVarHandle(MappedMemory.class, "size", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final long base;

  /** In bytes; 0 once closed. */
  private long size;

  /**
   * The memory from {@code base} to {@code end}, the latter not included; both multiples of a
   * frame.
   */
  MappedMemory(long base, long end) {
    this.base = base;
    size = end - base;
  }

  /** Makes every later access fail. Returns whether this was the first call. */
  boolean close() {
    return (long) SIZE.getAndSet(this, 0L) != 0;
  }

  @Override
  public byte getByte(long hpa) {
    return (byte) BYTE.getAcquire(Mapping.ALL, checked(hpa));
  }

  @Override
  public short getShort(long hpa) {
    return (short) SHORT.getAcquire(Mapping.ALL, checked(hpa));
  }

  @Override
  public int getInt(long hpa) {
    return (int) INT.getAcquire(Mapping.ALL, checked(hpa));
  }

  @Override
  public long getLong(long hpa) {
    return (long) LONG.getAcquire(Mapping.ALL, checked(hpa));
  }

  @Override
  public void setByte(long hpa, byte value) {
    BYTE.setRelease(Mapping.ALL, checked(hpa), value);
  }

  @Override
  public void setShort(long hpa, short value) {
    SHORT.setRelease(Mapping.ALL, checked(hpa), value);
  }

  @Override
  public void setInt(long hpa, int value) {
    INT.setRelease(Mapping.ALL, checked(hpa), value);
  }

  @Override
  public void setLong(long hpa, long value) {
    LONG.setRelease(Mapping.ALL, checked(hpa), value);
  }

  @Override
  public int compareAndExchangeInt(long hpa, int expected, int value) {
    return (int) INT.compareAndExchange(Mapping.ALL, checked(hpa), expected, value);
  }

  @Override
  public int getAndSetInt(long hpa, int value) {
    return (int) INT.getAndSet(Mapping.ALL, checked(hpa), value);
  }

  @Override
  public int getAndAddInt(long hpa, int delta) {
    return (int) INT.getAndAdd(Mapping.ALL, checked(hpa), delta);
  }

  @Override
  public int getAndAndInt(long hpa, int mask) {
    return (int) INT.getAndBitwiseAnd(Mapping.ALL, checked(hpa), mask);
  }

  @Override
  public int getAndOrInt(long hpa, int mask) {
    return (int) INT.getAndBitwiseOr(Mapping.ALL, checked(hpa), mask);
  }

  @Override
  public long compareAndExchangeLong(long hpa, long expected, long value) {
    return (long) LONG.compareAndExchange(Mapping.ALL, checked(hpa), expected, value);
  }

  @Override
  public long getAndSetLong(long hpa, long value) {
    return (long) LONG.getAndSet(Mapping.ALL, checked(hpa), value);
  }

  @Override
  public long getAndAddLong(long hpa, long delta) {
    return (long) LONG.getAndAdd(Mapping.ALL, checked(hpa), delta);
  }

  @Override
  public long getAndAndLong(long hpa, long mask) {
    return (long) LONG.getAndBitwiseAnd(Mapping.ALL, checked(hpa), mask);
  }

  @Override
  public long getAndOrLong(long hpa, long mask) {
    return (long) LONG.getAndBitwiseOr(Mapping.ALL, checked(hpa), mask);
  }

  @Override
  public void fill(long pfn, long value) {
    long from = checked(hpa(pfn));
    if (value == 0) {
      Mapping.ALL.asSlice(from, FRAME_SIZE).fill((byte) 0);
      return;
    }
    for (long at = from; at < from + FRAME_SIZE; at += Long.BYTES) {
      Mapping.ALL.set(ValueLayout.JAVA_LONG, at, value);
    }
  }

  @Override
  public void copy(long fromPfn, long toPfn) {
    long from = checked(hpa(fromPfn));
    MemorySegment.copy(Mapping.ALL, from, Mapping.ALL, checked(hpa(toPfn)), FRAME_SIZE);
  }

  @Override
  public void read(long hpa, byte[] into, int offset, int length) {
    long from = checked(hpa, length);
    MemorySegment.copy(Mapping.ALL, ValueLayout.JAVA_BYTE, from, into, offset, length);
  }

  @Override
  public void write(long hpa, byte[] from, int offset, int length) {
    long to = checked(hpa, length);
    MemorySegment.copy(from, offset, Mapping.ALL, ValueLayout.JAVA_BYTE, to, length);
  }

  private long checked(long hpa) {
    if (Long.compareUnsigned(hpa - base, size) >= 0) {
      throw outside(hpa);
    }
    return hpa;
  }

  private long checked(long hpa, int length) {
    if (length < 0 || (hpa & FRAME_SIZE - 1) + length > FRAME_SIZE) {
      throw new IllegalArgumentException(
          length + " bytes at " + Long.toHexString(hpa) + " do not lie within one frame");
    }
    return checked(hpa);
  }

  private IllegalArgumentException outside(long hpa) {
    return new IllegalArgumentException(
        size == 0
            ? "memory is closed: " + Long.toHexString(hpa)
            : "no memory at %x: it lies from %x to %x".formatted(hpa, base, base + size));
  }
}
