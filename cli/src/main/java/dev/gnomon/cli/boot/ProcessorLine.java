package dev.gnomon.cli.boot;

import dev.gnomon.machine.x86.CpuState;
import dev.gnomon.machine.x86.X86Cpu;

/** Says in one line where a vCPU is. */
final class ProcessorLine {
  private ProcessorLine() {}

  /** For a vCPU that does not run. */
  static String of(X86Cpu cpu) {
    CpuState state = cpu.state();
    return "vCPU %d: RIP 0x%x (CS base 0x%x), %s, CPL %d, RFLAGS 0x%x, CR0 0x%x, CR2 0x%x, CR3 0x%x"
        .formatted(
            cpu.index(),
            state.rip,
            state.segments[CpuState.CS].base(),
            mode(state),
            state.cpl,
            state.rflags(),
            state.cr0,
            state.cr2,
            state.cr3);
  }

  /** In which mode its code is executed. */
  static String mode(CpuState state) {
    if (!state.isProtected()) {
      return "real mode";
    }
    if (state.isVm86()) {
      return "virtual-8086 mode";
    }
    if (state.is64Bit()) {
      return "64-bit mode";
    }
    String bits = state.segments[CpuState.CS].isBig() ? "32-bit" : "16-bit";
    return bits + (state.isLongMode() ? " compatibility mode" : " protected mode");
  }
}
