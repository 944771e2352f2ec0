package dev.gnomon.machine.x86;

/**
 * A segment register with its hidden part.
 *
 * <pre>
 *  attributes:  11  10   9   8   7  6..5  4  3..0
 *                G  D/B  L  AVL  P  DPL   S  type
 * </pre>
 *
 * <p>Source: Intel SDM vol. 3A, 3.4.
 */
public final class Segment {
  /** Type bits of code and data segments. */
  public static final int ACCESSED = 1;

  public static final int READABLE_OR_WRITABLE = 1 << 1;
  public static final int CONFORMING_OR_DOWN = 1 << 2;
  public static final int CODE = 1 << 3;
  public static final int NON_SYSTEM = 1 << 4;
  public static final int DPL_SHIFT = 5;
  public static final int PRESENT = 1 << 7;
  public static final int LONG = 1 << 9;
  public static final int BIG = 1 << 10;
  public static final int GRANULAR = 1 << 11;

  private int selector;
  private long base;
  private int limit;
  private int attributes;

  /** The offsets that may be read lie from here to {@link #readEnd}, the latter not included. */
  private long readStart;

  private long readEnd;
  private long writeStart;
  private long writeEnd;

  /**
   * Loads all of it.
   *
   * @param newLimit the last offset (of an expand-down segment, the last that is not in it), with
   *     the granularity worked in; unsigned
   */
  public void load(int newSelector, long newBase, int newLimit, int newAttributes) {
    selector = newSelector & 0xffff;
    base = newBase;
    limit = newLimit;
    attributes = newAttributes;
    boolean isUsable = (attributes & (PRESENT | NON_SYSTEM)) == (PRESENT | NON_SYSTEM);
    boolean isCode = (attributes & CODE) != 0;
    boolean hasRight = (attributes & READABLE_OR_WRITABLE) != 0;
    boolean isDown = !isCode && (attributes & CONFORMING_OR_DOWN) != 0;
    long last = Integer.toUnsignedLong(limit);
    long start = isDown ? last + 1 : 0;
    long end = !isDown ? last + 1 : (attributes & BIG) != 0 ? 1L << 32 : 1L << 16;
    readStart = start;
    readEnd = isUsable && (!isCode || hasRight) ? end : 0;
    writeStart = start;
    writeEnd = isUsable && !isCode && hasRight ? end : 0;
  }

  /** As real mode and virtual-8086 mode do: the base is the selector times 16; the rest stays. */
  public void loadReal(int newSelector) {
    load(newSelector, (newSelector & 0xffffL) << 4, limit, attributes);
  }

  /** Makes it unusable, as a null selector does. */
  public void loadNull(int newSelector) {
    load(newSelector, 0, 0, 0);
  }

  /** WRFSBASE, and the MSRs of FS and GS. */
  public void setBase(long newBase) {
    base = newBase;
  }

  public int selector() {
    return selector;
  }

  public long base() {
    return base;
  }

  /** The limit in bytes; unsigned. */
  public int limit() {
    return limit;
  }

  public int attributes() {
    return attributes;
  }

  public int type() {
    return attributes & 0xf;
  }

  public int dpl() {
    return attributes >>> DPL_SHIFT & 3;
  }

  public boolean isPresent() {
    return (attributes & PRESENT) != 0;
  }

  /** L: of CS, 64-bit code. */
  public boolean isLong() {
    return (attributes & LONG) != 0;
  }

  /** D or B: 32-bit code, or stack. */
  public boolean isBig() {
    return (attributes & BIG) != 0;
  }

  /** Whether {@code size} bytes at an offset below 2^32 may be read; for 16- and 32-bit code. */
  boolean allowsRead(long offset, int size) {
    return offset >= readStart && offset + size <= readEnd;
  }

  /** Whether {@code size} bytes at an offset below 2^32 may be written. */
  boolean allowsWrite(long offset, int size) {
    return offset >= writeStart && offset + size <= writeEnd;
  }

  @Override
  public String toString() {
    return "%04x base %x limit %x attributes %03x".formatted(selector, base, limit, attributes);
  }
}
