package dev.gnomon.machine.x86;

import dev.gnomon.machine.x86.decode.Instruction;
import dev.gnomon.machine.x86.decode.Mnemonic;
import dev.gnomon.machine.x86.decode.Operand;
import java.util.function.BiConsumer;

/**
 * RET to another segment, and IRET: to the same or to an outer level. Intel SDM vol. 2A, IRET; vol.
 * 2B, RET. Virtual-8086 mode and task switches are refused.
 */
final class FarReturns {
  /** The flags that IRET loads at any CPL. */
  private static final long ALWAYS = Flags.ARITHMETIC | Flags.TF | Flags.DF | Flags.NT;

  private FarReturns() {}

  static void register(BiConsumer<Mnemonic, OperationMaker> into) {
    into.accept(Mnemonic.RET_FAR, FarReturns::farReturn);
    into.accept(
        Mnemonic.IRET,
        instruction -> {
          int size = instruction.operandSize();
          return new SimpleOperation(cpu -> interruptReturn(cpu, size));
        });
  }

  private static Operation farReturn(Instruction instruction) {
    int size = instruction.operandSize();
    int skipped =
        instruction.operands().isEmpty()
            ? 0
            : (int) ((Operand.Immediate) instruction.operand(0)).value() & 0xffff;
    return new SimpleOperation(cpu -> farReturn(cpu, size, skipped));
  }

  private static void farReturn(X86Cpu cpu, int size, int skipped) {
    StackReader stack = new StackReader(cpu);
    long offset = stack.pop(size);
    int selector = (int) stack.pop(size) & 0xffff;
    stack.skip(skipped);
    if (!cpu.state().isProtected()) {
      CodeTarget.goReal(cpu, selector, offset);
      stack.commit();
      return;
    }
    CodeTarget target = CodeTarget.ofReturn(cpu, selector, offset);
    if (target.cpl() == cpu.state().cpl) {
      target.checkOffset(cpu);
      target.markAccessed(cpu);
      stack.commit();
    } else {
      leaveLevel(cpu, stack, target, size, skipped);
    }
    target.go(cpu);
  }

  private static void interruptReturn(X86Cpu cpu, int size) {
    CpuState state = cpu.state();
    boolean isNested = (state.systemFlags() & Flags.NT) != 0;
    if (state.isProtected() && isNested) {
      if (state.isLongMode()) {
        throw cpu.raise(GuestException.GP, 0);
      }
      throw new Refusal("IRET with RFLAGS.NT, a task switch");
    }
    StackReader stack = new StackReader(cpu);
    long offset = stack.pop(size);
    int selector = (int) stack.pop(size) & 0xffff;
    long flags = stack.pop(size);
    long loaded = loadedFlags(state, size);
    if (!state.isProtected()) {
      CodeTarget.goReal(cpu, selector, offset);
      stack.commit();
    } else {
      if (!state.isLongMode() && state.cpl == 0 && size > 2 && (flags & Flags.VM) != 0) {
        throw new Refusal("virtual-8086 mode");
      }
      CodeTarget target = CodeTarget.ofReturn(cpu, selector, offset);
      if (target.cpl() != state.cpl || cpu.codeSize() == 8) {
        leaveLevel(cpu, stack, target, size, 0);
      } else {
        target.checkOffset(cpu);
        target.markAccessed(cpu);
        stack.commit();
      }
      target.go(cpu);
    }
    state.setRflags(state.rflags() & ~loaded | flags & loaded);
    state.isNmiBlocked = false;
    cpu.modeChanged();
    cpu.lookForInterrupts();
  }

  private static long loadedFlags(CpuState state, int size) {
    long loaded = ALWAYS;
    long ioPrivilege = (state.systemFlags() & Flags.IOPL) >>> 12;
    if (state.cpl <= ioPrivilege) {
      loaded |= Flags.IF;
    }
    if (state.cpl == 0) {
      loaded |= Flags.IOPL;
    }
    if (size > 2) {
      loaded |= Flags.RF | Flags.AC | Flags.ID;
      if (state.cpl == 0) {
        loaded |= Flags.VIF | Flags.VIP;
      }
    }
    return loaded;
  }

  /** Pops the stack registers too: to an outer level, or anywhere by an IRET of 64-bit code. */
  private static void leaveLevel(
      X86Cpu cpu, StackReader stack, CodeTarget target, int size, int skipped) {
    CpuState state = cpu.state();
    long newSp = stack.pop(size);
    int selector = (int) stack.pop(size) & 0xffff;
    int newCpl = target.cpl();
    boolean is64Bit = target.is64Bit(cpu);
    boolean isNull = DescriptorTables.isNull(selector);
    long descriptor = 0;
    if (!isNull) {
      descriptor = SegmentLoads.readStack(cpu, selector, newCpl, GuestException.GP, 0);
    } else if (!SegmentLoads.isNullStackAllowed(is64Bit, selector, newCpl)) {
      throw cpu.raise(GuestException.GP, 0);
    }
    target.checkOffset(cpu);
    target.markAccessed(cpu);
    Segment segment = state.segments[CpuState.SS];
    if (isNull) {
      SegmentLoads.loadNullStack(state, newCpl);
    } else {
      DescriptorTables.markAccessed(cpu, selector, descriptor);
      SegmentLoads.set(segment, selector, descriptor);
    }
    long[] gpr = state.gpr;
    if (is64Bit) {
      gpr[CpuState.RSP] = newSp + skipped;
    } else if (segment.isBig()) {
      gpr[CpuState.RSP] = newSp + skipped & 0xffff_ffffL;
    } else {
      gpr[CpuState.RSP] = gpr[CpuState.RSP] & ~0xffffL | newSp + skipped & 0xffff;
    }
    if (newCpl != state.cpl) {
      SegmentLoads.dropInner(state, newCpl);
    }
  }
}
