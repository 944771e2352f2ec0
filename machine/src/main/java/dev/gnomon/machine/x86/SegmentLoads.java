package dev.gnomon.machine.x86;

/**
 * Loading of the segment registers that hold data and stack, by MOV, POP, LDS and the like. Intel
 * SDM vol. 2B, MOV, and vol. 3A, 5.6 and 5.7.
 *
 * <p>In real mode only selector and base are loaded: limit and size stay what protected mode left
 * ("unreal mode"). A load that faults has changed nothing.
 */
final class SegmentLoads {
  private SegmentLoads() {}

  /** Loads ES, SS, DS, FS or GS. */
  static void load(X86Cpu cpu, int register, int selector) {
    CpuState state = cpu.state();
    if (!state.isProtected()) {
      loadReal(state, register, selector);
    } else if (register == CpuState.SS) {
      loadStack(cpu, selector);
    } else {
      loadData(cpu, register, selector);
    }
    cpu.modeChanged();
  }

  /** Loads a segment register as real mode does: it can be read and written whatever it was. */
  static void loadReal(CpuState state, int register, int selector) {
    Segment segment = state.segments[register];
    int size = segment.attributes() & (Segment.BIG | Segment.GRANULAR);
    segment.load(
        selector,
        (selector & 0xffffL) << 4,
        segment.limit(),
        size
            | Segment.PRESENT
            | Segment.NON_SYSTEM
            | Segment.READABLE_OR_WRITABLE
            | Segment.ACCESSED);
  }

  private static void loadData(X86Cpu cpu, int register, int selector) {
    CpuState state = cpu.state();
    if (DescriptorTables.isNull(selector)) {
      state.segments[register].loadNull(selector);
      return;
    }
    long descriptor = DescriptorTables.read(cpu, selector, GuestException.GP, 0);
    int attributes = Descriptor.attributes(descriptor);
    int dpl = Descriptor.dpl(attributes);
    boolean isHidden =
        !Descriptor.isConforming(attributes)
            && (DescriptorTables.rpl(selector) > dpl || state.cpl > dpl);
    if (!Descriptor.isReadable(attributes) || isHidden) {
      throw cpu.raise(GuestException.GP, DescriptorTables.errorCode(selector, 0));
    }
    if (!Descriptor.isPresent(attributes)) {
      throw cpu.raise(GuestException.NP, DescriptorTables.errorCode(selector, 0));
    }
    DescriptorTables.markAccessed(cpu, selector, descriptor);
    set(state.segments[register], selector, descriptor);
  }

  private static void loadStack(X86Cpu cpu, int selector) {
    CpuState state = cpu.state();
    if (DescriptorTables.isNull(selector)) {
      if (!isNullStackAllowed(state.is64Bit(), selector, state.cpl)) {
        throw cpu.raise(GuestException.GP, 0);
      }
      loadNullStack(state, state.cpl);
      return;
    }
    long descriptor = readStack(cpu, selector, state.cpl, GuestException.GP, 0);
    DescriptorTables.markAccessed(cpu, selector, descriptor);
    set(state.segments[CpuState.SS], selector, descriptor);
  }

  /** Whether SS may be null: in 64-bit mode, not at CPL 3, its RPL being the CPL. */
  static boolean isNullStackAllowed(boolean is64Bit, int selector, int cpl) {
    return is64Bit && cpl != 3 && DescriptorTables.rpl(selector) == cpl;
  }

  /**
   * Reads and checks the descriptor of a stack segment.
   *
   * @param cpl the CPL that it is for
   * @param vector the exception if it will not do; if it is only not present, that is #SS
   * @param external bit 0 of the error code
   */
  static long readStack(X86Cpu cpu, int selector, int cpl, int vector, int external) {
    long descriptor = DescriptorTables.read(cpu, selector, vector, external);
    int attributes = Descriptor.attributes(descriptor);
    if (DescriptorTables.rpl(selector) != cpl
        || Descriptor.dpl(attributes) != cpl
        || !Descriptor.isWritableData(attributes)) {
      throw cpu.raise(vector, DescriptorTables.errorCode(selector, external));
    }
    if (!Descriptor.isPresent(attributes)) {
      throw cpu.raise(GuestException.SS, DescriptorTables.errorCode(selector, external));
    }
    return descriptor;
  }

  /** Puts a descriptor of code or data into a segment register, as accessed. */
  static void set(Segment segment, int selector, long descriptor) {
    segment.load(
        selector,
        Descriptor.base(descriptor),
        Descriptor.limit(descriptor),
        Descriptor.attributes(descriptor) | Segment.ACCESSED);
  }

  /** The null SS of 64-bit mode; its DPL is the CPL. */
  static void loadNullStack(CpuState state, int cpl) {
    state.segments[CpuState.SS].load(cpl, 0, 0, cpl << Segment.DPL_SHIFT);
  }

  /** Flat SS as SYSCALL and its kin load it, without a look at a table. */
  static void setFlatStack(CpuState state, int selector, int cpl) {
    int attributes = Descriptor.FLAT_DATA | cpl << Segment.DPL_SHIFT;
    state.segments[CpuState.SS].load(selector & 0xfffc | cpl, 0, -1, attributes);
  }

  /** Flat CS as SYSCALL and its kin load it; the CPL becomes that of the argument. */
  static void setFlatCode(CpuState state, int selector, int cpl, boolean is64Bit) {
    int attributes =
        Descriptor.FLAT_CODE | cpl << Segment.DPL_SHIFT | (is64Bit ? Segment.LONG : Segment.BIG);
    state.segments[CpuState.CS].load(selector & 0xfffc | cpl, 0, -1, attributes);
    state.cpl = cpl;
  }

  /**
   * On the way to an outer level: data segments that the new CPL may not reach become null. Intel
   * SDM vol. 3A, 5.8.6.
   */
  static void dropInner(CpuState state, int cpl) {
    for (int register = CpuState.ES; register <= CpuState.GS; register++) {
      Segment segment = state.segments[register];
      boolean isData = register != CpuState.CS && register != CpuState.SS;
      if (isData
          && segment.isPresent()
          && segment.dpl() < cpl
          && !Descriptor.isConforming(segment.attributes())) {
        segment.loadNull(0);
      }
    }
  }
}
