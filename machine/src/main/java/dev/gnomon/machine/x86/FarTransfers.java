package dev.gnomon.machine.x86;

import dev.gnomon.machine.x86.decode.Instruction;
import dev.gnomon.machine.x86.decode.Mnemonic;
import dev.gnomon.machine.x86.decode.Operand;
import java.util.function.BiConsumer;

/**
 * JMP and CALL to another segment, directly or through a call gate. Intel SDM vol. 2A, CALL and
 * JMP; vol. 3A, 5.8. Task switches are refused.
 */
final class FarTransfers {
  private FarTransfers() {}

  static void register(BiConsumer<Mnemonic, OperationMaker> into) {
    into.accept(Mnemonic.JMP_FAR, instruction -> operation(instruction, false));
    into.accept(Mnemonic.CALL_FAR, instruction -> operation(instruction, true));
  }

  private static Operation operation(Instruction instruction, boolean isCall) {
    int size = instruction.operandSize();
    return switch (instruction.operand(0)) {
      case Operand.FarPointer p ->
          new SimpleOperation(cpu -> transfer(cpu, p.selector(), p.offset(), size, isCall));
      case Operand.Memory m -> {
        Address address = new Address(instruction, m);
        yield new SimpleOperation(
            cpu -> {
              long at = address.offset(cpu.state());
              long offset = cpu.readMemory(address.segment, at, size);
              int selector =
                  (int) cpu.readMemory(address.segment, address.offset(cpu.state(), size), 2);
              transfer(cpu, selector, offset, size, isCall);
            });
      }
      default -> throw new IllegalArgumentException(instruction.toString());
    };
  }

  private static void transfer(X86Cpu cpu, int selector, long offset, int size, boolean isCall) {
    if (!cpu.state().isProtected()) {
      StackFrame frame = new StackFrame(cpu);
      if (isCall) {
        frame.current(false, 0);
        pushReturn(cpu, frame, size);
      }
      CodeTarget.goReal(cpu, selector, offset);
      if (isCall) {
        frame.commit();
      }
      return;
    }
    if (DescriptorTables.isNull(selector)) {
      throw cpu.raise(GuestException.GP, 0);
    }
    long descriptor = DescriptorTables.read(cpu, selector, GuestException.GP, 0);
    int attributes = Descriptor.attributes(descriptor);
    if (Descriptor.isCode(attributes)) {
      CodeTarget target = CodeTarget.direct(cpu, selector, descriptor, offset);
      StackFrame frame = new StackFrame(cpu);
      if (isCall) {
        frame.current(cpu.codeSize() == 8, 0);
        pushReturn(cpu, frame, size);
      }
      target.checkOffset(cpu);
      target.markAccessed(cpu);
      if (isCall) {
        frame.commit();
      }
      target.go(cpu);
      return;
    }
    if (Descriptor.isSegment(attributes)) {
      throw cpu.raise(GuestException.GP, DescriptorTables.errorCode(selector, 0));
    }
    throughGate(cpu, selector, descriptor, isCall);
  }

  private static void throughGate(X86Cpu cpu, int selector, long gate, boolean isCall) {
    CpuState state = cpu.state();
    int attributes = Descriptor.attributes(gate);
    int type = Descriptor.type(attributes);
    boolean isLong = state.isLongMode();
    boolean isTask =
        type == Descriptor.TASK_GATE || type == Descriptor.TSS || type == Descriptor.TSS_16;
    boolean isCallGate = type == Descriptor.CALL_GATE || type == Descriptor.CALL_GATE_16 && !isLong;
    int dpl = Descriptor.dpl(attributes);
    boolean isHidden = dpl < state.cpl || dpl < DescriptorTables.rpl(selector);
    if (!isCallGate && (isLong || !isTask) || isHidden) {
      throw cpu.raise(GuestException.GP, DescriptorTables.errorCode(selector, 0));
    }
    if (!Descriptor.isPresent(attributes)) {
      throw cpu.raise(GuestException.NP, DescriptorTables.errorCode(selector, 0));
    }
    if (isTask) {
      throw new Refusal("a task switch");
    }
    long offset = Descriptor.gateOffset(gate);
    if (isLong) {
      offset |= DescriptorTables.readUpper(cpu, selector, GuestException.GP, 0);
    } else if (type == Descriptor.CALL_GATE_16) {
      offset &= 0xffff;
    }
    CodeTarget target = gateTarget(cpu, Descriptor.gateSelector(gate), offset, isCall);
    StackFrame frame = new StackFrame(cpu);
    if (isCall) {
      int size = isLong ? 8 : type == Descriptor.CALL_GATE ? 4 : 2;
      if (target.cpl() < state.cpl) {
        long[] parameters = parameters(cpu, isLong ? 0 : Descriptor.gateParameters(gate), size);
        pushForInner(cpu, frame, target.cpl(), parameters, size);
      } else {
        frame.current(isLong, 0);
        pushReturn(cpu, frame, size);
      }
    }
    target.checkOffset(cpu);
    target.markAccessed(cpu);
    if (isCall) {
      frame.commit();
    }
    target.go(cpu);
  }

  /** The code behind a gate: as privileged as the CPL, or for a CALL more so. */
  private static CodeTarget gateTarget(X86Cpu cpu, int selector, long offset, boolean isCall) {
    CpuState state = cpu.state();
    if (DescriptorTables.isNull(selector)) {
      throw cpu.raise(GuestException.GP, 0);
    }
    long descriptor = DescriptorTables.read(cpu, selector, GuestException.GP, 0);
    int attributes = Descriptor.attributes(descriptor);
    int dpl = Descriptor.dpl(attributes);
    boolean isConforming = Descriptor.isConforming(attributes);
    boolean isAllowed =
        Descriptor.isCode(attributes)
            && dpl <= state.cpl
            && (isCall || isConforming || dpl == state.cpl);
    boolean isLong = (attributes & (Segment.LONG | Segment.BIG)) == Segment.LONG;
    if (!isAllowed || state.isLongMode() && !isLong) {
      throw cpu.raise(GuestException.GP, DescriptorTables.errorCode(selector, 0));
    }
    int newCpl = isConforming ? state.cpl : dpl;
    return CodeTarget.checked(cpu, selector, newCpl, descriptor, offset);
  }

  /** What a gate copies from the caller's stack, the top first. */
  private static long[] parameters(X86Cpu cpu, int count, int size) {
    StackReader stack = new StackReader(cpu);
    long[] values = new long[count];
    for (int i = 0; i < count; i++) {
      values[i] = stack.pop(size);
    }
    return values;
  }

  private static void pushForInner(
      X86Cpu cpu, StackFrame frame, int newCpl, long[] parameters, int size) {
    CpuState state = cpu.state();
    if (size == 8) {
      frame.innerLong(newCpl, 0, true, 0);
    } else {
      frame.inner(newCpl, 0);
    }
    int oldCpl = state.cpl;
    Privileges.setCpl(cpu, newCpl);
    try {
      frame.push(state.segments[CpuState.SS].selector(), size);
      frame.push(state.gpr[CpuState.RSP], size);
      for (int i = parameters.length - 1; i >= 0; i--) {
        frame.push(parameters[i], size);
      }
      pushReturn(cpu, frame, size);
    } catch (GuestException e) {
      Privileges.setCpl(cpu, oldCpl);
      throw e;
    }
    Privileges.setCpl(cpu, oldCpl);
  }

  private static void pushReturn(X86Cpu cpu, StackFrame frame, int size) {
    frame.push(cpu.state().segments[CpuState.CS].selector(), size);
    frame.push(cpu.state().rip, size);
  }
}
