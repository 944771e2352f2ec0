package dev.gnomon.machine.x86;

import dev.gnomon.mmu.arch.ControlBits;

/** Who may execute what: checks that raise #GP, or #UD for what is not there. */
final class Privileges {
  private static final int IO_MAP_BASE = 0x66;

  private Privileges() {}

  /** Changes the CPL, for accesses on the way to another level. */
  static void setCpl(X86Cpu cpu, int cpl) {
    cpu.state().cpl = cpl;
    cpu.modeChanged();
  }

  /** Raises #GP unless the CPL is 0. */
  static void requireKernel(X86Cpu cpu) {
    if (cpu.state().cpl != 0) {
      throw cpu.raise(GuestException.GP, 0);
    }
  }

  /** Raises #GP if CR4.UMIP keeps an instruction from CPL 1 to 3. */
  static void requireNoUmip(X86Cpu cpu) {
    CpuState state = cpu.state();
    if (state.cpl != 0 && (state.cr4 & ControlBits.CR4_UMIP) != 0) {
      throw cpu.raise(GuestException.GP, 0);
    }
  }

  /** Raises #UD outside protected mode. */
  static void requireProtected(X86Cpu cpu) {
    if (!cpu.state().isProtected()) {
      throw cpu.raise(GuestException.UD);
    }
  }

  /** Raises #UD unless all of some bits of CR4 are set. */
  static void requireCr4(X86Cpu cpu, long bits) {
    if ((cpu.state().cr4 & bits) != bits) {
      throw cpu.raise(GuestException.UD);
    }
  }

  /** Raises #GP for an address that is not canonical. */
  static void requireCanonical(X86Cpu cpu, long address) {
    if (!cpu.isCanonical(address)) {
      throw cpu.raise(GuestException.GP, 0);
    }
  }

  /** Whether the CPL is no less privileged than RFLAGS.IOPL. */
  static boolean hasIoPrivilege(CpuState state) {
    return state.cpl <= (state.systemFlags() & Flags.IOPL) >>> 12;
  }

  /** Raises #GP unless CLI and STI are allowed. */
  static void requireIoPrivilege(X86Cpu cpu) {
    if (!hasIoPrivilege(cpu.state())) {
      throw cpu.raise(GuestException.GP, 0);
    }
  }

  /**
   * Raises #GP unless a port may be used: by IOPL, else by the bitmap in the TSS. Intel SDM vol. 1,
   * 19.5.2.
   */
  static void requirePort(X86Cpu cpu, int port, int size) {
    CpuState state = cpu.state();
    if (!state.isProtected() || hasIoPrivilege(state)) {
      return;
    }
    long limit = Integer.toUnsignedLong(state.tr.limit());
    boolean is32Bit = state.tr.isPresent() && (state.tr.type() & 8) != 0;
    if (!is32Bit || limit < IO_MAP_BASE + 1) {
      throw cpu.raise(GuestException.GP, 0);
    }
    long tss = state.tr.base();
    long at = cpu.readSystem(DescriptorTables.wrap(state, tss + IO_MAP_BASE), 2) + port / 8;
    if (at + 1 > limit) {
      throw cpu.raise(GuestException.GP, 0);
    }
    long bits = cpu.readSystem(DescriptorTables.wrap(state, tss + at), 2) >>> (port & 7);
    if ((bits & (1 << size) - 1) != 0) {
      throw cpu.raise(GuestException.GP, 0);
    }
  }
}
