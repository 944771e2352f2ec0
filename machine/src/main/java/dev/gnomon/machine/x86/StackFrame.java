package dev.gnomon.machine.x86;

/**
 * What the processor itself pushes for a handler or a procedure of another segment, on the stack in
 * use or on that of a more privileged level. The stack registers change only at {@link #commit}.
 */
final class StackFrame {
  private static final int TSS_LONG_STACKS = 4;
  private static final int TSS_LONG_INTERRUPT_STACKS = 0x24;

  private final X86Cpu cpu;
  private final CpuState state;

  /** Where a new legacy stack may be written. */
  private final Segment fresh = new Segment();

  private Segment bounds;
  private boolean isLong;
  private boolean isNullStack;
  private int newCpl;
  private long descriptor;
  private long sp;
  private long mask;
  private long error;

  StackFrame(X86Cpu cpu) {
    this.cpu = cpu;
    state = cpu.state();
    bounds = state.segments[CpuState.SS];
  }

  /**
   * Takes the stack in use.
   *
   * @param asLong as 64-bit code sees it
   * @param external bit 0 of error codes
   */
  void current(boolean asLong, int external) {
    bounds = state.segments[CpuState.SS];
    isLong = asLong;
    isNullStack = false;
    mask = asLong ? -1 : bounds.isBig() ? 0xffff_ffffL : 0xffff;
    sp = state.gpr[CpuState.RSP] & mask;
    error = external;
  }

  /** Aligns the stack as 64-bit delivery of events does. Intel SDM vol. 3A, 6.14.2. */
  void align() {
    sp &= ~15L;
  }

  /** Takes the stack of a more privileged level that the TSS names, outside long mode. */
  void inner(int cpl, int external) {
    Segment tss = state.tr;
    boolean is32Bit = (tss.type() & 8) != 0;
    int at = is32Bit ? 4 + 8 * cpl : 2 + 4 * cpl;
    int size = is32Bit ? 4 : 2;
    checkTss(at + size + 2, external);
    long linear = DescriptorTables.wrap(state, tss.base() + at);
    long newSp = cpu.readSystem(linear, size);
    int selector = (int) cpu.readSystem(DescriptorTables.wrap(state, linear + size), 2);
    if (DescriptorTables.isNull(selector)) {
      throw cpu.raise(GuestException.TS, external);
    }
    descriptor = SegmentLoads.readStack(cpu, selector, cpl, GuestException.TS, external);
    DescriptorTables.markAccessed(cpu, selector, descriptor);
    SegmentLoads.set(fresh, selector, descriptor);
    bounds = fresh;
    isLong = false;
    isNullStack = false;
    newCpl = cpl;
    mask = fresh.isBig() ? 0xffff_ffffL : 0xffff;
    sp = newSp & mask;
    error = DescriptorTables.errorCode(selector, external);
  }

  /**
   * Takes a stack that the TSS of long mode names.
   *
   * @param stack 0 for that of the level, 1 to 7 for one of the interrupt stack table
   * @param isInner whether the level changes: SS becomes null
   */
  void innerLong(int cpl, int stack, boolean isInner, int external) {
    int at = stack == 0 ? TSS_LONG_STACKS + 8 * cpl : TSS_LONG_INTERRUPT_STACKS + 8 * (stack - 1);
    checkTss(at + Long.BYTES, external);
    sp = cpu.readSystem(state.tr.base() + at, Long.BYTES);
    isLong = true;
    isNullStack = isInner;
    newCpl = cpl;
    mask = -1;
    error = external;
    if (!cpu.isCanonical(sp)) {
      throw cpu.raise(GuestException.SS, error);
    }
  }

  private void checkTss(int end, int external) {
    if (Integer.compareUnsigned(end - 1, state.tr.limit()) > 0) {
      throw cpu.raise(GuestException.TS, DescriptorTables.errorCode(state.tr.selector(), external));
    }
  }

  /** Pushes 2, 4 or 8 bytes. */
  void push(long value, int size) {
    long at = sp - size & mask;
    if (isLong) {
      if (!cpu.isCanonical(at) || !cpu.isCanonical(at + size - 1)) {
        throw cpu.raise(GuestException.SS, error);
      }
      cpu.writeLinear(at, size, value);
    } else {
      if (!bounds.allowsWrite(at, size)) {
        throw cpu.raise(GuestException.SS, error);
      }
      cpu.writeLinear(DescriptorTables.wrap(state, bounds.base() + at), size, value);
    }
    sp = at;
  }

  /** Makes the stack, as it is now, the one in use. */
  void commit() {
    if (isLong) {
      if (isNullStack) {
        SegmentLoads.loadNullStack(state, newCpl);
      }
    } else if (bounds == fresh) {
      SegmentLoads.set(state.segments[CpuState.SS], fresh.selector(), descriptor);
    }
    long kept = mask == 0xffff ? state.gpr[CpuState.RSP] & ~0xffffL : 0;
    state.gpr[CpuState.RSP] = kept | sp;
  }
}
