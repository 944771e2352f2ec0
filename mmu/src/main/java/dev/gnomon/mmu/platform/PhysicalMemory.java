package dev.gnomon.mmu.platform;

/**
 * The host's physical memory: frames of 4 KiB that hold guest memory and page tables alike,
 * addressed by host-physical address (hpa, in bytes).
 *
 * <p>Loads acquire and stores release, in every width; read-modify-writes are full barriers. There
 * is no plain access: a compiler may reorder those in ways that x86 never does, so nothing shown
 * about them would carry over. All accesses but the bulk ones must be aligned to their size. {@link
 * #fill}, {@link #copy}, {@link #read} and {@link #write} promise no atomicity across the bytes
 * they touch and no order among them; a caller orders them by what it does before and after.
 *
 * <p>An address outside the memory, or a misaligned one, throws {@link IllegalArgumentException}:
 * it is a bug of the MMU, never of a guest.
 */
public abstract class PhysicalMemory {

  /** log2 of the size of a frame. */
  public static final int FRAME_SHIFT = 12;

  /** The size of a frame in bytes. */
  public static final int FRAME_SIZE = 1 << FRAME_SHIFT;

  /** The address of the first byte of a frame. */
  public static long hpa(long pfn) {
    return pfn << FRAME_SHIFT;
  }

  /** The frame that an address lies in. */
  public static long pfn(long hpa) {
    return hpa >>> FRAME_SHIFT;
  }

  /**
   * This memory as the page walks of a processor see it: what they read is in memory, past the
   * stores that the processor itself has made and not yet sent there. The read-modify-writes by
   * which they set A and D are as any other's. Used by the CPU whose walks they are.
   */
  public PhysicalMemory ofPageWalks() {
    return this;
  }

  /**
   * This memory as the programs of a host with words of so many bits reach it. With 64 it is this
   * very object. With 32, {@link #getLong} and {@link #setLong} are two accesses of 4 bytes each,
   * the low half first, and others may come between them; read-modify-writes of 8 bytes are still
   * one, as CMPXCHG8B is. What page walks of the processor read is not changed by this.
   *
   * @throws IllegalArgumentException if {@code bits} is neither 32 nor 64
   */
  public final PhysicalMemory ofWords(int bits) {
    return switch (bits) {
      case Integer.SIZE -> new HalvedMemory(this);
      case Long.SIZE -> this;
      default -> throw new IllegalArgumentException("words of " + bits + " bits");
    };
  }

  public abstract byte getByte(long hpa);

  public abstract short getShort(long hpa);

  public abstract int getInt(long hpa);

  public abstract long getLong(long hpa);

  public abstract void setByte(long hpa, byte value);

  public abstract void setShort(long hpa, short value);

  public abstract void setInt(long hpa, int value);

  public abstract void setLong(long hpa, long value);

  /** Stores {@code value} if the word holds {@code expected}; returns what it held. */
  public abstract int compareAndExchangeInt(long hpa, int expected, int value);

  /** Exchanges a word; returns what it held. */
  public abstract int getAndSetInt(long hpa, int value);

  /** Adds to a word; returns what it held. */
  public abstract int getAndAddInt(long hpa, int delta);

  /** Ands a word with {@code mask}; returns what it held. */
  public abstract int getAndAndInt(long hpa, int mask);

  /** Ors a word with {@code mask}; returns what it held. */
  public abstract int getAndOrInt(long hpa, int mask);

  /** Stores {@code value} if the word holds {@code expected}; returns what it held. */
  public abstract long compareAndExchangeLong(long hpa, long expected, long value);

  /** Exchanges a word; returns what it held. */
  public abstract long getAndSetLong(long hpa, long value);

  /** Adds to a word; returns what it held. */
  public abstract long getAndAddLong(long hpa, long delta);

  /** Ands a word with {@code mask}; returns what it held. */
  public abstract long getAndAndLong(long hpa, long mask);

  /** Ors a word with {@code mask}; returns what it held. */
  public abstract long getAndOrLong(long hpa, long mask);

  /** Fills a frame with one 64-bit value. */
  public abstract void fill(long pfn, long value);

  /** Copies a frame over another. */
  public abstract void copy(long fromPfn, long toPfn);

  /** Copies {@code length} bytes out of memory; the bytes must lie within one frame. */
  public abstract void read(long hpa, byte[] into, int offset, int length);

  /** Copies {@code length} bytes into memory; the bytes must lie within one frame. */
  public abstract void write(long hpa, byte[] from, int offset, int length);
}
