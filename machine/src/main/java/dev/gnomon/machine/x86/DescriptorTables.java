package dev.gnomon.machine.x86;

/**
 * Descriptors in the GDT and the LDT. They are read and marked as the processor's own, as if at CPL
 * 0 whatever the CPL is. Intel SDM vol. 3A, 3.5.1 and 4.6.1.
 */
final class DescriptorTables {
  /** TI: a selector of the LDT. */
  static final int IN_LDT = 4;

  private DescriptorTables() {}

  /** A linear address: 32 bits of it outside long mode. */
  static long wrap(CpuState state, long linear) {
    return state.isLongMode() ? linear : linear & 0xffff_ffffL;
  }

  /** Whether a selector is null. */
  static boolean isNull(int selector) {
    return (selector & 0xfffc) == 0;
  }

  static int rpl(int selector) {
    return selector & 3;
  }

  /** The error code that names a selector. */
  static int errorCode(int selector, int external) {
    return selector & 0xfffc | external;
  }

  /** Whether a table holds all bytes of a descriptor. */
  static boolean contains(CpuState state, int selector, int size) {
    int last = (selector & 0xfff8) + size - 1;
    if ((selector & IN_LDT) == 0) {
      return last <= state.gdtr.limit;
    }
    return Descriptor.isPresent(state.ldtr.attributes())
        && Integer.compareUnsigned(last, state.ldtr.limit()) <= 0;
  }

  /** Where a descriptor lies. */
  static long linear(CpuState state, int selector) {
    long base = (selector & IN_LDT) == 0 ? state.gdtr.base : state.ldtr.base();
    return wrap(state, base + (selector & 0xfff8));
  }

  /**
   * Reads the descriptor that a selector names.
   *
   * @param vector the exception if it lies outside its table
   * @param external 1 if that came of an event from outside the program, else 0
   */
  static long read(X86Cpu cpu, int selector, int vector, int external) {
    CpuState state = cpu.state();
    if (!contains(state, selector, Long.BYTES)) {
      throw cpu.raise(vector, errorCode(selector, external));
    }
    return cpu.readSystem(linear(state, selector), Long.BYTES);
  }

  /**
   * Reads the second half of a system descriptor of long mode: bits 63:32 of its base or offset.
   * The rest's type field must be clear.
   */
  static long readUpper(X86Cpu cpu, int selector, int vector, int external) {
    CpuState state = cpu.state();
    if (!contains(state, selector, 2 * Long.BYTES)) {
      throw cpu.raise(vector, errorCode(selector, external));
    }
    long upper = cpu.readSystem(wrap(state, linear(state, selector) + Long.BYTES), Long.BYTES);
    if ((upper >>> 40 & 0x1f) != 0) {
      throw cpu.raise(vector, errorCode(selector, external));
    }
    return upper << 32;
  }

  /** Sets the accessed bit of a code or data segment's descriptor, if it is clear. */
  static void markAccessed(X86Cpu cpu, int selector, long descriptor) {
    if ((Descriptor.attributes(descriptor) & Segment.ACCESSED) == 0) {
      setTypeBit(cpu, selector, Segment.ACCESSED);
    }
  }

  /** Sets the busy bit of a TSS's descriptor. */
  static void markBusy(X86Cpu cpu, int selector) {
    setTypeBit(cpu, selector, Descriptor.TSS_BUSY ^ Descriptor.TSS);
  }

  private static void setTypeBit(X86Cpu cpu, int selector, int bit) {
    // The type is in the sixth byte.
    long at = wrap(cpu.state(), linear(cpu.state(), selector) + 5);
    cpu.vcpu().locked().fetchAndOrSystem(at, 1, bit);
  }
}
