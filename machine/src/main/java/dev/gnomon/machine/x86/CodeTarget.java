package dev.gnomon.machine.x86;

/**
 * Where a far transfer goes: a code segment that has passed its checks, not yet loaded. Intel SDM
 * vol. 3A, 5.8.
 *
 * @param selector with the new CPL as its RPL
 * @param offset of the first instruction
 */
record CodeTarget(int selector, long descriptor, long offset) {

  /** As real mode goes anywhere. */
  static void goReal(X86Cpu cpu, int selector, long offset) {
    CpuState state = cpu.state();
    checkLimit(cpu, state.segments[CpuState.CS].limit(), offset);
    SegmentLoads.loadReal(state, CpuState.CS, selector);
    state.rip = offset;
    cpu.modeChanged();
  }

  /** Of a direct JMP or CALL: the CPL stays. */
  static CodeTarget direct(X86Cpu cpu, int selector, long descriptor, long offset) {
    int cpl = cpu.state().cpl;
    int attributes = Descriptor.attributes(descriptor);
    int dpl = Descriptor.dpl(attributes);
    boolean isAllowed =
        Descriptor.isConforming(attributes)
            ? dpl <= cpl
            : dpl == cpl && DescriptorTables.rpl(selector) <= cpl;
    if (!isAllowed) {
      throw cpu.raise(GuestException.GP, DescriptorTables.errorCode(selector, 0));
    }
    return checked(cpu, selector, cpl, descriptor, offset);
  }

  /** Of a RET or IRET: the CPL becomes the selector's RPL, which must not be more privileged. */
  static CodeTarget ofReturn(X86Cpu cpu, int selector, long offset) {
    if (DescriptorTables.isNull(selector)) {
      throw cpu.raise(GuestException.GP, 0);
    }
    long descriptor = DescriptorTables.read(cpu, selector, GuestException.GP, 0);
    int attributes = Descriptor.attributes(descriptor);
    int dpl = Descriptor.dpl(attributes);
    int rpl = DescriptorTables.rpl(selector);
    boolean isAllowed =
        Descriptor.isCode(attributes)
            && rpl >= cpu.state().cpl
            && (Descriptor.isConforming(attributes) ? dpl <= rpl : dpl == rpl);
    if (!isAllowed) {
      throw cpu.raise(GuestException.GP, DescriptorTables.errorCode(selector, 0));
    }
    return checked(cpu, selector, rpl, descriptor, offset);
  }

  /** What is left to check of a code segment that may be gone to, whatever the way. */
  static CodeTarget checked(X86Cpu cpu, int selector, int newCpl, long descriptor, long offset) {
    int attributes = Descriptor.attributes(descriptor);
    boolean isLong = cpu.state().isLongMode() && (attributes & Segment.LONG) != 0;
    if (isLong && (attributes & Segment.BIG) != 0) {
      throw cpu.raise(GuestException.GP, DescriptorTables.errorCode(selector, 0));
    }
    if (!Descriptor.isPresent(attributes)) {
      throw cpu.raise(GuestException.NP, DescriptorTables.errorCode(selector, 0));
    }
    return new CodeTarget(selector & ~3 | newCpl, descriptor, offset);
  }

  int cpl() {
    return DescriptorTables.rpl(selector);
  }

  /** Whether it is 64-bit code. */
  boolean is64Bit(X86Cpu cpu) {
    return cpu.state().isLongMode() && (Descriptor.attributes(descriptor) & Segment.LONG) != 0;
  }

  /** Raises #GP if there is no such offset in the segment. */
  void checkOffset(X86Cpu cpu) {
    if (is64Bit(cpu)) {
      if (!cpu.isCanonical(offset)) {
        throw cpu.raise(GuestException.GP, 0);
      }
    } else {
      checkLimit(cpu, Descriptor.limit(descriptor), offset);
    }
  }

  private static void checkLimit(X86Cpu cpu, int limit, long offset) {
    if (Long.compareUnsigned(offset, Integer.toUnsignedLong(limit)) > 0) {
      throw cpu.raise(GuestException.GP, 0);
    }
  }

  /** Marks the descriptor as accessed, where it is not; the last step that can fault. */
  void markAccessed(X86Cpu cpu) {
    DescriptorTables.markAccessed(cpu, selector, descriptor);
  }

  /** Goes there. */
  void go(X86Cpu cpu) {
    CpuState state = cpu.state();
    SegmentLoads.set(state.segments[CpuState.CS], selector, descriptor);
    state.cpl = cpl();
    state.rip = offset;
    cpu.modeChanged();
  }
}
