package dev.gnomon.machine.x86;

import dev.gnomon.machine.x86.decode.Instruction;
import dev.gnomon.machine.x86.decode.Mnemonic;
import dev.gnomon.mmu.arch.ControlBits;
import java.util.function.BiConsumer;

/**
 * SYSCALL, SYSRET, SYSENTER, SYSEXIT, SWAPGS: into the kernel and back by way of MSRs. Intel SDM
 * vol. 2B; AMD APM vol. 3. Where the vendors differ, the processor's CPUID says which it follows.
 */
final class FastCalls {
  /** What SYSRET takes of R11. */
  private static final long RETURNED_FLAGS = 0x3c_7fd7L;

  private FastCalls() {}

  static void register(BiConsumer<Mnemonic, OperationMaker> into) {
    into.accept(Mnemonic.SYSCALL, SimpleOperation.of(FastCalls::syscall));
    into.accept(Mnemonic.SYSRET, instruction -> sized(instruction, FastCalls::sysret));
    into.accept(Mnemonic.SYSENTER, SimpleOperation.of(FastCalls::sysenter));
    into.accept(Mnemonic.SYSEXIT, instruction -> sized(instruction, FastCalls::sysexit));
    into.accept(Mnemonic.SWAPGS, SimpleOperation.of(FastCalls::swapGs));
  }

  private static Operation sized(Instruction instruction, BiConsumer<X86Cpu, Boolean> action) {
    boolean to64Bit = instruction.operandSize() == 8;
    return new SimpleOperation(cpu -> action.accept(cpu, to64Bit));
  }

  private static void syscall(X86Cpu cpu) {
    CpuState state = cpu.state();
    requireSyscall(cpu);
    if (!state.isLongMode()) {
      syscallLegacy(cpu);
      return;
    }
    boolean from64Bit = state.is64Bit();
    state.gpr[CpuState.RCX] = state.rip;
    state.gpr[CpuState.R11] = state.rflags() & ~Flags.RF;
    int selector = (int) (state.star >>> 32) & 0xfffc;
    SegmentLoads.setFlatCode(state, selector, 0, true);
    SegmentLoads.setFlatStack(state, selector + 8, 0);
    state.rip = from64Bit ? state.lstar : state.cstar;
    state.setRflags(state.rflags() & ~(state.fmask | Flags.RF));
    if ((state.fmask & Flags.TF) != 0) {
      cpu.inhibitTrap();
    }
    cpu.modeChanged();
  }

  private static void syscallLegacy(X86Cpu cpu) {
    CpuState state = cpu.state();
    state.gpr[CpuState.RCX] = state.rip;
    int selector = (int) (state.star >>> 32) & 0xfffc;
    SegmentLoads.setFlatCode(state, selector, 0, false);
    SegmentLoads.setFlatStack(state, selector + 8, 0);
    state.rip = state.star & 0xffff_ffffL;
    state.clearSystemFlags(Flags.VM | Flags.IF | Flags.RF);
    cpu.modeChanged();
  }

  private static void sysret(X86Cpu cpu, boolean to64Bit) {
    CpuState state = cpu.state();
    requireSyscall(cpu);
    Privileges.requireKernel(cpu);
    long target = state.gpr[CpuState.RCX];
    if (to64Bit) {
      Privileges.requireCanonical(cpu, target);
    }
    int selector = (int) (state.star >>> 48);
    SegmentLoads.setFlatCode(state, selector + (to64Bit ? 16 : 0), 3, to64Bit);
    SegmentLoads.setFlatStack(state, selector + 8, 3);
    state.rip = to64Bit ? target : target & 0xffff_ffffL;
    if (state.isLongMode()) {
      state.setRflags(state.gpr[CpuState.R11] & RETURNED_FLAGS);
    } else {
      state.setSystemFlags(Flags.IF);
    }
    cpu.modeChanged();
    cpu.lookForInterrupts();
  }

  private static void requireSyscall(X86Cpu cpu) {
    CpuState state = cpu.state();
    boolean isKnown =
        state.is64Bit() || state.isProtected() && cpu.features().hasSyscallInLegacyModes();
    if (!isKnown || (state.efer & ControlBits.EFER_SCE) == 0) {
      throw cpu.raise(GuestException.UD);
    }
  }

  private static void sysenter(X86Cpu cpu) {
    CpuState state = cpu.state();
    requireSysenter(cpu);
    int selector = (int) state.sysenterCs & 0xffff;
    if (!state.isProtected() || DescriptorTables.isNull(selector)) {
      throw cpu.raise(GuestException.GP, 0);
    }
    boolean isLong = state.isLongMode();
    long mask = isLong ? -1 : 0xffff_ffffL;
    state.clearSystemFlags(Flags.VM | Flags.IF);
    SegmentLoads.setFlatCode(state, selector, 0, isLong);
    SegmentLoads.setFlatStack(state, selector + 8, 0);
    state.rip = state.sysenterEip & mask;
    state.gpr[CpuState.RSP] = state.sysenterEsp & mask;
    cpu.modeChanged();
  }

  private static void sysexit(X86Cpu cpu, boolean to64Bit) {
    CpuState state = cpu.state();
    requireSysenter(cpu);
    int selector = (int) state.sysenterCs & 0xffff;
    if (!state.isProtected() || DescriptorTables.isNull(selector) || state.cpl != 0) {
      throw cpu.raise(GuestException.GP, 0);
    }
    long target = state.gpr[CpuState.RDX];
    long stack = state.gpr[CpuState.RCX];
    if (to64Bit) {
      Privileges.requireCanonical(cpu, target);
      Privileges.requireCanonical(cpu, stack);
    }
    long mask = to64Bit ? -1 : 0xffff_ffffL;
    int first = selector + (to64Bit ? 32 : 16);
    SegmentLoads.setFlatCode(state, first, 3, to64Bit);
    SegmentLoads.setFlatStack(state, first + 8, 3);
    state.rip = target & mask;
    state.gpr[CpuState.RSP] = stack & mask;
    cpu.modeChanged();
  }

  private static void requireSysenter(X86Cpu cpu) {
    if (cpu.state().isLongMode() && !cpu.features().hasSysenterInLongMode()) {
      throw cpu.raise(GuestException.UD);
    }
  }

  private static void swapGs(X86Cpu cpu) {
    CpuState state = cpu.state();
    if (!state.is64Bit()) {
      throw cpu.raise(GuestException.UD);
    }
    Privileges.requireKernel(cpu);
    Segment gs = state.segments[CpuState.GS];
    long base = gs.base();
    gs.setBase(state.kernelGsBase);
    state.kernelGsBase = base;
  }
}
