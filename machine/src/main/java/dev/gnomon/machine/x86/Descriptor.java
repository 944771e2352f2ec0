package dev.gnomon.machine.x86;

/**
 * A segment or gate descriptor as it lies in a table, 8 bytes in a {@code long}; and the bits of
 * {@link Segment#attributes}, which are those of the descriptor put together. Intel SDM vol. 3A,
 * 3.4.5, 3.5 and 6.11.
 *
 * <pre>
 *  attributes: 11 G   10 D/B   9 L   8 AVL   7 P   6..5 DPL   4 S   3..0 type
 *  type, S=1:  3 code; code: 2 conforming, 1 readable; data: 2 expand-down, 1 writable; 0 accessed
 * </pre>
 */
final class Descriptor {
  /** A flat segment that data may be written to. */
  static final int FLAT_DATA =
      Segment.GRANULAR
          | Segment.BIG
          | Segment.PRESENT
          | Segment.NON_SYSTEM
          | Segment.READABLE_OR_WRITABLE
          | Segment.ACCESSED;

  /** A flat code segment, apart from its L and D. */
  static final int FLAT_CODE =
      Segment.GRANULAR
          | Segment.PRESENT
          | Segment.NON_SYSTEM
          | Segment.CODE
          | Segment.READABLE_OR_WRITABLE
          | Segment.ACCESSED;

  // Types of system descriptors; those of 16-bit ones lack bit 3.
  static final int LDT = 2;
  static final int TSS_16 = 1;
  static final int TSS_16_BUSY = 3;
  static final int CALL_GATE_16 = 4;
  static final int TASK_GATE = 5;
  static final int INTERRUPT_GATE_16 = 6;
  static final int TRAP_GATE_16 = 7;
  static final int TSS = 9;
  static final int TSS_BUSY = 11;
  static final int CALL_GATE = 12;
  static final int INTERRUPT_GATE = 14;
  static final int TRAP_GATE = 15;

  private Descriptor() {}

  static int attributes(long descriptor) {
    return (int) (descriptor >>> 40 & 0xff | descriptor >>> 44 & 0xf00);
  }

  /** Bits 31:0 of the base; a system descriptor of long mode has the others in its second half. */
  static long base(long descriptor) {
    return descriptor >>> 16 & 0xff_ffff | descriptor >>> 32 & 0xff00_0000L;
  }

  /** The limit in bytes minus one: unsigned. */
  static int limit(long descriptor) {
    int limit = (int) (descriptor & 0xffff | descriptor >>> 32 & 0xf_0000);
    return (attributes(descriptor) & Segment.GRANULAR) == 0 ? limit : limit << 12 | 0xfff;
  }

  static int type(int attributes) {
    return attributes & 0xf;
  }

  static int dpl(int attributes) {
    return attributes >>> Segment.DPL_SHIFT & 3;
  }

  static boolean isPresent(int attributes) {
    return (attributes & Segment.PRESENT) != 0;
  }

  /** Whether it is a code or data segment, not a system one. */
  static boolean isSegment(int attributes) {
    return (attributes & Segment.NON_SYSTEM) != 0;
  }

  static boolean isCode(int attributes) {
    return (attributes & (Segment.NON_SYSTEM | Segment.CODE))
        == (Segment.NON_SYSTEM | Segment.CODE);
  }

  static boolean isConforming(int attributes) {
    return isCode(attributes) && (attributes & Segment.CONFORMING_OR_DOWN) != 0;
  }

  static boolean isReadable(int attributes) {
    return isSegment(attributes)
        && ((attributes & Segment.CODE) == 0 || (attributes & Segment.READABLE_OR_WRITABLE) != 0);
  }

  static boolean isWritableData(int attributes) {
    return (attributes & (Segment.NON_SYSTEM | Segment.CODE | Segment.READABLE_OR_WRITABLE))
        == (Segment.NON_SYSTEM | Segment.READABLE_OR_WRITABLE);
  }

  // --- gates ---

  static int gateSelector(long gate) {
    return (int) (gate >>> 16) & 0xffff;
  }

  /** Bits 31:0 of where a gate leads. */
  static long gateOffset(long gate) {
    return gate & 0xffff | gate >>> 32 & 0xffff_0000L;
  }

  /** How many parameters a call gate copies. */
  static int gateParameters(long gate) {
    return (int) (gate >>> 32) & 0x1f;
  }

  /** The interrupt stack table's entry of a gate of long mode, 0 for none. */
  static int gateStack(long gate) {
    return (int) (gate >>> 32) & 7;
  }
}
