package dev.gnomon.mmu.testing;

import dev.gnomon.mmu.platform.PhysicalMemory;
import java.util.Arrays;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/** Memory whose frames appear when touched, and may be touched only while they are allocated. */
public final class TestMemory extends PhysicalMemory {
  private static final int PFN_BITS = 23;
  static final long FRAMES = 1L << PFN_BITS;
  private static final int CHUNK_BITS = 9;
  private static final int CHUNK_MASK = (1 << CHUNK_BITS) - 1;
  private static final int WORDS = FRAME_SIZE / Long.BYTES;
  private static final long NOWHERE = -1;

  private final long[][][] chunks = new long[1 << PFN_BITS - CHUNK_BITS][][];
  private final BitSet allocated = new BitSet();
  private long watchedHpa = NOWHERE;
  private @Nullable Runnable beforeWrite;

  /** Runs something once, just before the next store to, or read-modify-write of, a 64-bit word. */
  public void beforeNextWrite(long hpa, Runnable race) {
    watchedHpa = hpa;
    beforeWrite = race;
  }

  /** Whether what {@link #beforeNextWrite} asked for has happened. */
  public boolean hasRaced() {
    return beforeWrite == null;
  }

  /** Whether a frame is allocated. */
  public boolean isAllocated(long pfn) {
    return pfn >= 0 && pfn < FRAMES && allocated.get((int) pfn);
  }

  /** How many frames are allocated. */
  public int allocatedFrames() {
    return allocated.cardinality();
  }

  /** Whether a frame was written since it was allocated; else it is full of zeroes. */
  boolean isTouched(long pfn) {
    long[][] chunk = chunks[(int) (pfn >>> CHUNK_BITS)];
    return chunk != null && chunk[(int) pfn & CHUNK_MASK] != null;
  }

  void setAllocated(long first, long frames) {
    allocated.set(Math.toIntExact(first), Math.toIntExact(first + frames));
  }

  void setFree(long first, long frames) {
    allocated.clear((int) first, (int) (first + frames));
    for (long pfn = first; pfn < first + frames; ) {
      long[][] chunk = chunks[(int) (pfn >>> CHUNK_BITS)];
      if (chunk == null) {
        pfn = (pfn | CHUNK_MASK) + 1;
      } else {
        chunk[(int) pfn & CHUNK_MASK] = null;
        pfn++;
      }
    }
  }

  private long[] words(long pfn) {
    if (!isAllocated(pfn)) {
      throw new AssertionError("an access reaches the free frame " + Long.toHexString(pfn));
    }
    long[][] chunk = chunks[(int) (pfn >>> CHUNK_BITS)];
    if (chunk == null) {
      chunk = new long[1 << CHUNK_BITS][];
      chunks[(int) (pfn >>> CHUNK_BITS)] = chunk;
    }
    long[] words = chunk[(int) pfn & CHUNK_MASK];
    if (words == null) {
      words = new long[WORDS];
      chunk[(int) pfn & CHUNK_MASK] = words;
    }
    return words;
  }

  private static int index(long hpa) {
    return (int) (hpa & FRAME_SIZE - 1) / Long.BYTES;
  }

  private static void requireAligned(long hpa, int size) {
    if ((hpa & size - 1) != 0) {
      throw new IllegalArgumentException("misaligned address " + Long.toHexString(hpa));
    }
  }

  private long update(long hpa, long value) {
    long[] words = words(pfn(hpa));
    long old = words[index(hpa)];
    words[index(hpa)] = value;
    return old;
  }

  private void race(long hpa) {
    Runnable race = beforeWrite;
    if (race != null && hpa == watchedHpa) {
      beforeWrite = null;
      watchedHpa = NOWHERE;
      race.run();
    }
  }

  @Override
  public long getLong(long hpa) {
    requireAligned(hpa, Long.BYTES);
    return words(pfn(hpa))[index(hpa)];
  }

  @Override
  public void setLong(long hpa, long value) {
    requireAligned(hpa, Long.BYTES);
    race(hpa);
    update(hpa, value);
  }

  @Override
  public long compareAndExchangeLong(long hpa, long expected, long value) {
    requireAligned(hpa, Long.BYTES);
    race(hpa);
    long old = getLong(hpa);
    return old == expected ? update(hpa, value) : old;
  }

  @Override
  public long getAndSetLong(long hpa, long value) {
    requireAligned(hpa, Long.BYTES);
    race(hpa);
    return update(hpa, value);
  }

  @Override
  public long getAndAddLong(long hpa, long delta) {
    requireAligned(hpa, Long.BYTES);
    race(hpa);
    return update(hpa, getLong(hpa) + delta);
  }

  @Override
  public long getAndAndLong(long hpa, long mask) {
    requireAligned(hpa, Long.BYTES);
    race(hpa);
    return update(hpa, getLong(hpa) & mask);
  }

  @Override
  public long getAndOrLong(long hpa, long mask) {
    requireAligned(hpa, Long.BYTES);
    race(hpa);
    return update(hpa, getLong(hpa) | mask);
  }

  private long part(long hpa, int size) {
    requireAligned(hpa, size);
    long word = words(pfn(hpa))[index(hpa)];
    return word >>> 8 * (hpa & Long.BYTES - 1);
  }

  private void setPart(long hpa, long value, int size) {
    requireAligned(hpa, size);
    int shift = (int) (8 * (hpa & Long.BYTES - 1));
    long mask = (1L << 8 * size) - 1 << shift;
    long[] words = words(pfn(hpa));
    words[index(hpa)] = words[index(hpa)] & ~mask | value << shift & mask;
  }

  @Override
  public byte getByte(long hpa) {
    return (byte) part(hpa, Byte.BYTES);
  }

  @Override
  public short getShort(long hpa) {
    return (short) part(hpa, Short.BYTES);
  }

  @Override
  public int getInt(long hpa) {
    return (int) part(hpa, Integer.BYTES);
  }

  @Override
  public void setByte(long hpa, byte value) {
    setPart(hpa, value, Byte.BYTES);
  }

  @Override
  public void setShort(long hpa, short value) {
    setPart(hpa, value, Short.BYTES);
  }

  @Override
  public void setInt(long hpa, int value) {
    setPart(hpa, value, Integer.BYTES);
  }

  @Override
  public int compareAndExchangeInt(long hpa, int expected, int value) {
    int old = getInt(hpa);
    if (old == expected) {
      setInt(hpa, value);
    }
    return old;
  }

  @Override
  public int getAndSetInt(long hpa, int value) {
    int old = getInt(hpa);
    setInt(hpa, value);
    return old;
  }

  @Override
  public int getAndAddInt(long hpa, int delta) {
    return getAndSetInt(hpa, getInt(hpa) + delta);
  }

  @Override
  public int getAndAndInt(long hpa, int mask) {
    return getAndSetInt(hpa, getInt(hpa) & mask);
  }

  @Override
  public int getAndOrInt(long hpa, int mask) {
    return getAndSetInt(hpa, getInt(hpa) | mask);
  }

  @Override
  public void fill(long pfn, long value) {
    Arrays.fill(words(pfn), value);
  }

  @Override
  public void copy(long fromPfn, long toPfn) {
    System.arraycopy(words(fromPfn), 0, words(toPfn), 0, WORDS);
  }

  @Override
  public void read(long hpa, byte[] into, int offset, int length) {
    for (int i = 0; i < length; i++) {
      into[offset + i] = getByte(hpa + i);
    }
  }

  @Override
  public void write(long hpa, byte[] from, int offset, int length) {
    for (int i = 0; i < length; i++) {
      setByte(hpa + i, from[offset + i]);
    }
  }
}
