package dev.gnomon.machine.trace;

/**
 * Some consecutive records of a trace, in arrays that are filled again and again.
 *
 * <p>A record is one line of the trace: an address, a kind and a size. Kinds are {@code int}s and
 * not an enum because a guest consumes hundreds of millions a second; their two bits say what the
 * access does to its data:
 *
 * <pre>
 *             bit 1: stores   bit 0: loads
 *   FETCH           0               0        an instruction fetch
 *   LOAD            0               1
 *   STORE           1               0
 *   MODIFY          1               1        a load, then a store, of the same bytes
 * </pre>
 *
 * <p>A batch belongs to whoever made it. A reader writes to it only while in {@link
 * TraceReader#read}.
 */
public final class TraceBatch {

  /** An instruction fetch. */
  public static final int FETCH = 0;

  /** A load of data. */
  public static final int LOAD = 1;

  /** A store of data. */
  public static final int STORE = 2;

  /** A load and then a store of the same bytes: two accesses. */
  public static final int MODIFY = LOAD | STORE;

  /** A capacity at which filling and consuming alternate within the processor's first cache. */
  public static final int DEFAULT_CAPACITY = 2048;

  /** The greatest size of an access, in bytes. */
  public static final int MAX_SIZE = 4096;

  /** How many bits an address has. */
  public static final int ADDRESS_BITS = 57;

  /** An access lies wholly below this address. */
  public static final long ADDRESS_LIMIT = 1L << ADDRESS_BITS;

  private static final int KIND_SHIFT = 13;
  private static final int SIZE_MASK = (1 << KIND_SHIFT) - 1;

  private final long[] addresses;

  /** The kind and the size: {@code kind << KIND_SHIFT | size}, which stays positive in a short. */
  private final short[] shapes;

  private int count;

  /** An empty batch of {@link #DEFAULT_CAPACITY}. */
  public TraceBatch() {
    this(DEFAULT_CAPACITY);
  }

  /**
   * An empty batch.
   *
   * @param capacity how many records it can hold, at least 1
   */
  public TraceBatch(int capacity) {
    if (capacity < 1) {
      throw new IllegalArgumentException("a batch holds at least one record, not " + capacity);
    }
    addresses = new long[capacity];
    shapes = new short[capacity];
  }

  /** How many records it can hold. */
  public int capacity() {
    return addresses.length;
  }

  /** How many records it holds now. */
  public int count() {
    return count;
  }

  /**
   * The virtual address of the first byte that record {@code i} touches, below {@link
   * #ADDRESS_LIMIT}, of any alignment.
   *
   * @param i from 0 to {@link #count()} - 1; what lies beyond is left over from earlier fillings
   */
  public long address(int i) {
    return addresses[i];
  }

  /** One of {@link #FETCH}, {@link #LOAD}, {@link #STORE} and {@link #MODIFY}. */
  public int kind(int i) {
    return shapes[i] >>> KIND_SHIFT;
  }

  /** How many bytes record {@code i} touches, 1 to {@link #MAX_SIZE}. */
  public int size(int i) {
    return shapes[i] & SIZE_MASK;
  }

  /**
   * Writes record {@code i}; {@link #setCount} then makes it visible. For readers.
   *
   * @param i below the capacity
   * @param address and where it ends, at most {@link #ADDRESS_LIMIT}
   * @param size from 1 to {@link #MAX_SIZE}
   */
  public void put(int i, long address, int kind, int size) {
    addresses[i] = address;
    shapes[i] = (short) (kind << KIND_SHIFT | size);
  }

  /** Says how many records there are now. For readers. */
  public void setCount(int count) {
    this.count = count;
  }
}
