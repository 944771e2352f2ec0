package dev.gnomon.machine.x86;

/**
 * How a vCPU goes to the handler of an exception or interrupt. Intel SDM vol. 3A, chapter 6, and
 * 21.1.4 for real mode; vol. 2A, INT n.
 *
 * <p>Memory is accessed in this order: the gate, the descriptor of the handler's code, the stack
 * pointer in the TSS if the stack changes, the descriptor of that stack, then the pushes downwards.
 * Registers change only after the last push. A fault on the way leaves them as they were; the fault
 * is then delivered in its turn, or makes a double fault, or a shutdown.
 */
final class ExceptionDelivery {

  /** What is delivered. */
  private enum Kind {
    /** An exception that is reported at the instruction that caused it. */
    FAULT,
    /** One that is reported after the instruction. */
    TRAP,
    /** INT n, INT3, INTO: the gate's DPL is checked. */
    SOFTWARE,
    /** An interrupt or NMI. */
    EXTERNAL
  }

  private static final int GATE_IN_IDT = 2;
  private static final int EXTERNAL = 1;

  private final X86Cpu cpu;
  private final CpuState state;
  private final StackFrame frame;

  ExceptionDelivery(X86Cpu cpu) {
    this.cpu = cpu;
    state = cpu.state();
    frame = new StackFrame(cpu);
  }

  /**
   * Delivers a fault: RIP is that of the instruction which raised it. What goes wrong on the way is
   * delivered in its place, or becomes a double fault, then a shutdown. Never throws a {@link
   * GuestException}.
   */
  void deliver(GuestException exception) {
    Pending pending = new Pending(exception);
    if (pending.vector == GuestException.UD) {
      // The hypervisor looks whether it is an instruction of its own.
      Exits.whereIntercepted(cpu);
    }
    deliver(pending);
  }

  /** Delivers a trap (single step): RIP is that of the next instruction; see {@link #deliver}. */
  void deliverTrap(int vector) {
    deliver(new Pending(vector, Kind.TRAP));
  }

  /** Delivers an external interrupt, or NMI (vector 2), between two instructions. */
  void deliverInterrupt(int vector) {
    deliver(new Pending(vector, Kind.EXTERNAL));
  }

  /**
   * INT n, INT3, INTO: goes to the handler, which is to return to RIP.
   *
   * @throws GuestException if that fails: the instruction's own fault
   */
  void software(int vector) {
    enter(new Pending(vector, Kind.SOFTWARE));
    cpu.inhibitTrap();
  }

  // --- faults on the way ---

  private void deliver(Pending first) {
    Pending pending = first;
    StringBuilder history = new StringBuilder();
    while (true) {
      try {
        enter(pending);
        return;
      } catch (GuestException raised) {
        Pending next = new Pending(raised);
        history.append(pending).append(", then ");
        if (pending.vector == GuestException.DF && pending.kind == Kind.FAULT) {
          cpu.shutDown("triple fault: " + history + next);
          return;
        }
        if (makesDoubleFault(pending, next.vector)) {
          history.append(next).append(", then ");
          next = new Pending(GuestException.DF, Kind.FAULT);
          next.hasErrorCode = true;
        }
        pending = next;
      } catch (Refusal refusal) {
        cpu.shutDown(refusal.getMessage());
        return;
      }
    }
  }

  /** Intel SDM vol. 3A, table 6-5. */
  private static boolean makesDoubleFault(Pending first, int second) {
    if (first.kind != Kind.FAULT) {
      return false;
    }
    return isContributory(second) && (isContributory(first.vector) || first.isPageFault())
        || second == GuestException.PF && first.isPageFault();
  }

  private static boolean isContributory(int vector) {
    return switch (vector) {
      case GuestException.DE,
          GuestException.TS,
          GuestException.NP,
          GuestException.SS,
          GuestException.GP ->
          true;
      default -> false;
    };
  }

  /** An event on its way. */
  private static final class Pending {
    final int vector;
    final Kind kind;
    boolean hasErrorCode;
    long errorCode;
    long address;

    Pending(int vector, Kind kind) {
      this.vector = vector;
      this.kind = kind;
    }

    Pending(GuestException exception) {
      vector = exception.vector();
      kind = vector == GuestException.DB ? Kind.TRAP : Kind.FAULT;
      hasErrorCode = exception.hasErrorCode();
      errorCode = exception.errorCode();
      address = exception.address();
    }

    boolean isPageFault() {
      return vector == GuestException.PF && kind == Kind.FAULT;
    }

    /** Bit 0 of the error codes of what goes wrong: whether the program did not ask for it. */
    int external() {
      return kind == Kind.SOFTWARE ? 0 : EXTERNAL;
    }

    /** The error code of what is wrong with the gate. */
    long gateError() {
      return vector << 3 | GATE_IN_IDT | external();
    }

    @Override
    public String toString() {
      if (kind == Kind.EXTERNAL || kind == Kind.SOFTWARE) {
        return "interrupt 0x" + Integer.toHexString(vector);
      }
      String name = GuestException.name(vector);
      String code = hasErrorCode ? " with error code 0x" + Long.toHexString(errorCode) : "";
      return name + code + (isPageFault() ? " at address 0x" + Long.toHexString(address) : "");
    }
  }

  // --- the way ---

  private void enter(Pending event) {
    if (event.isPageFault()) {
      state.cr2 = event.address;
    }
    if (!state.isProtected()) {
      enterReal(event);
    } else if (state.isLongMode()) {
      enterLong(event);
    } else {
      enterLegacy(event);
    }
    if (event.kind == Kind.EXTERNAL && event.vector == GuestException.NMI) {
      state.isNmiBlocked = true;
    }
    if (event.vector == GuestException.DB && event.kind == Kind.TRAP) {
      state.dr[7] &= ~DebugRegisters.GENERAL_DETECT;
    }
    cpu.modeChanged();
  }

  private void enterReal(Pending event) {
    if (event.vector * 4 + 3 > state.idtr.limit) {
      throw cpu.raise(GuestException.GP, event.gateError());
    }
    int target = (int) cpu.readSystem(state.idtr.base + event.vector * 4L, 4);
    frame.current(false, 0);
    frame.push(state.rflags(), 2);
    frame.push(state.segments[CpuState.CS].selector(), 2);
    frame.push(state.rip, 2);
    frame.commit();
    SegmentLoads.loadReal(state, CpuState.CS, target >>> 16);
    state.rip = target & 0xffff;
    state.clearSystemFlags(Flags.IF | Flags.TF | Flags.AC | Flags.RF);
  }

  private void enterLegacy(Pending event) {
    if (event.vector * 8 + 7 > state.idtr.limit) {
      throw cpu.raise(GuestException.GP, event.gateError());
    }
    long gate =
        cpu.readSystem(DescriptorTables.wrap(state, state.idtr.base + event.vector * 8L), 8);
    int attributes = Descriptor.attributes(gate) & 0xff;
    int type = attributes & ~(Segment.PRESENT | 3 << Segment.DPL_SHIFT);
    boolean isKnown =
        switch (type) {
          case Descriptor.TASK_GATE,
              Descriptor.INTERRUPT_GATE_16,
              Descriptor.TRAP_GATE_16,
              Descriptor.INTERRUPT_GATE,
              Descriptor.TRAP_GATE ->
              true;
          default -> false;
        };
    checkGate(event, attributes, isKnown);
    if (type == Descriptor.TASK_GATE) {
      throw new Refusal(
          "a task gate in the IDT, for vector 0x" + Integer.toHexString(event.vector));
    }
    boolean is32Bit = type >= Descriptor.INTERRUPT_GATE;
    int selector = Descriptor.gateSelector(gate);
    long code = readCode(event, selector);
    long offset = Descriptor.gateOffset(gate) & (is32Bit ? 0xffff_ffffL : 0xffff);
    int newCpl = newCpl(code);
    int size = is32Bit ? 4 : 2;
    int external = event.external();
    boolean isInner = newCpl < state.cpl;
    if (isInner) {
      frame.inner(newCpl, external);
    } else {
      frame.current(false, external);
    }
    if (Long.compareUnsigned(offset, Integer.toUnsignedLong(Descriptor.limit(code))) > 0) {
      throw cpu.raise(GuestException.GP, external);
    }
    DescriptorTables.markAccessed(cpu, selector, code);
    pushAll(event, newCpl, isInner, size);
    finish(selector, code, newCpl, offset, (type & 1) == 0);
  }

  private void enterLong(Pending event) {
    if (event.vector * 16 + 15 > state.idtr.limit) {
      throw cpu.raise(GuestException.GP, event.gateError());
    }
    long at = state.idtr.base + event.vector * 16L;
    long gate = cpu.readSystem(at, 8);
    long upper = cpu.readSystem(at + 8, 8);
    int attributes = Descriptor.attributes(gate) & 0xff;
    int type = attributes & ~(Segment.PRESENT | 3 << Segment.DPL_SHIFT);
    checkGate(event, attributes, type == Descriptor.INTERRUPT_GATE || type == Descriptor.TRAP_GATE);
    int selector = Descriptor.gateSelector(gate);
    long code = readCode(event, selector);
    int external = event.external();
    if ((Descriptor.attributes(code) & (Segment.LONG | Segment.BIG)) != Segment.LONG) {
      throw cpu.raise(GuestException.GP, DescriptorTables.errorCode(selector, external));
    }
    int newCpl = newCpl(code);
    boolean isInner = newCpl < state.cpl;
    int stack = Descriptor.gateStack(gate);
    if (isInner || stack != 0) {
      frame.innerLong(newCpl, stack, isInner, external);
    } else {
      frame.current(true, external);
    }
    frame.align();
    long offset = Descriptor.gateOffset(gate) | upper << 32;
    if (!cpu.isCanonical(offset)) {
      throw cpu.raise(GuestException.GP, external);
    }
    DescriptorTables.markAccessed(cpu, selector, code);
    pushAll(event, newCpl, true, 8);
    finish(selector, code, newCpl, offset, type == Descriptor.INTERRUPT_GATE);
  }

  private void checkGate(Pending event, int attributes, boolean isKnown) {
    boolean isForbidden =
        event.kind == Kind.SOFTWARE && (attributes >>> Segment.DPL_SHIFT & 3) < state.cpl;
    if (!isKnown || isForbidden) {
      throw cpu.raise(GuestException.GP, event.gateError());
    }
    if ((attributes & Segment.PRESENT) == 0) {
      throw cpu.raise(GuestException.NP, event.gateError());
    }
  }

  /** The descriptor of the handler's code: as privileged as the CPL, or more. */
  private long readCode(Pending event, int selector) {
    int external = event.external();
    if (DescriptorTables.isNull(selector)) {
      throw cpu.raise(GuestException.GP, external);
    }
    long code = DescriptorTables.read(cpu, selector, GuestException.GP, external);
    int attributes = Descriptor.attributes(code);
    if (!Descriptor.isCode(attributes) || Descriptor.dpl(attributes) > state.cpl) {
      throw cpu.raise(GuestException.GP, DescriptorTables.errorCode(selector, external));
    }
    if (!Descriptor.isPresent(attributes)) {
      throw cpu.raise(GuestException.NP, DescriptorTables.errorCode(selector, external));
    }
    return code;
  }

  private int newCpl(long code) {
    int attributes = Descriptor.attributes(code);
    return Descriptor.isConforming(attributes) ? state.cpl : Descriptor.dpl(attributes);
  }

  /** Pushes what the handler's IRET will pop, at the handler's CPL. */
  private void pushAll(Pending event, int newCpl, boolean pushesStack, int size) {
    long flags = state.rflags() | (isRestarting(event) ? Flags.RF : 0);
    int oldCpl = state.cpl;
    Privileges.setCpl(cpu, newCpl);
    try {
      if (pushesStack) {
        frame.push(state.segments[CpuState.SS].selector(), size);
        frame.push(state.gpr[CpuState.RSP], size);
      }
      frame.push(flags, size);
      frame.push(state.segments[CpuState.CS].selector(), size);
      frame.push(state.rip, size);
      if (event.hasErrorCode) {
        frame.push(event.errorCode, size);
      }
    } catch (GuestException e) {
      Privileges.setCpl(cpu, oldCpl);
      throw e;
    }
  }

  /** Whether RF is set for the handler's IRET, so that no breakpoint hits the same place again. */
  private static boolean isRestarting(Pending event) {
    return event.kind == Kind.FAULT
        && event.vector != GuestException.DF
        && event.vector != GuestException.BP
        && event.vector != GuestException.OF;
  }

  private void finish(int selector, long code, int newCpl, long offset, boolean isInterruptGate) {
    frame.commit();
    SegmentLoads.set(state.segments[CpuState.CS], selector & ~3 | newCpl, code);
    state.cpl = newCpl;
    state.rip = offset;
    state.clearSystemFlags(
        Flags.TF | Flags.NT | Flags.RF | Flags.VM | (isInterruptGate ? Flags.IF : 0));
  }
}
