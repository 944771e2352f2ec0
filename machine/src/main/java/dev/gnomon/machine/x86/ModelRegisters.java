package dev.gnomon.machine.x86;

import dev.gnomon.machine.x86.decode.Mnemonic;
import java.util.function.BiConsumer;

/**
 * RDMSR and WRMSR: the model-specific registers that the processor itself has; all others - the
 * local APIC's, the time-stamp counter - are the board's. Memory types are not modelled: MTRRs say
 * that all is write-back, and stay so. Intel SDM vol. 4; AMD APM vol. 2, appendix A.
 */
final class ModelRegisters {
  static final int MACHINE_CHECK_ADDRESS = 0;
  static final int MACHINE_CHECK_TYPE = 1;
  static final int UPDATE_TRIGGER = 0x79;
  static final int UPDATE_SIGNATURE = 0x8b;
  static final int MTRR_CAPABILITIES = 0xfe;
  static final int SYSENTER_CS = 0x174;
  static final int SYSENTER_ESP = 0x175;
  static final int SYSENTER_EIP = 0x176;
  static final int MACHINE_CHECK_CAPABILITIES = 0x179;
  static final int MACHINE_CHECK_STATUS = 0x17a;
  static final int MISC_ENABLE = 0x1a0;
  static final int DEBUG_CONTROL = 0x1d9;
  static final int MTRR_FIRST = 0x200;
  static final int MTRR_FIXED = 0x250;
  static final int MTRR_LAST = 0x26f;
  static final int PAT = 0x277;
  static final int MTRR_DEFAULT = 0x2ff;
  static final int EFER = 0xc000_0080;
  static final int STAR = 0xc000_0081;
  static final int LSTAR = 0xc000_0082;
  static final int CSTAR = 0xc000_0083;
  static final int FMASK = 0xc000_0084;
  static final int FS_BASE = 0xc000_0100;
  static final int GS_BASE = 0xc000_0101;
  static final int KERNEL_GS_BASE = 0xc000_0102;
  static final int TSC_AUX = 0xc000_0103;

  /** Eight variable ranges, fixed ones, write-combining. */
  private static final long MTRR_CAPABILITIES_VALUE = 0x508;

  /** MTRRs on, fixed ones too, default write-back. */
  private static final long MTRR_DEFAULT_VALUE = 0xc06;

  private static final long ALL_WRITE_BACK = 0x0606_0606_0606_0606L;

  private ModelRegisters() {}

  static void register(BiConsumer<Mnemonic, OperationMaker> into) {
    into.accept(
        Mnemonic.RDMSR,
        SimpleOperation.privileged(
            cpu -> {
              Exits.whereIntercepted(cpu);
              CpuState state = cpu.state();
              ProcessorQueries.setPair(state, read(cpu, (int) state.gpr[CpuState.RCX]));
            }));
    into.accept(
        Mnemonic.WRMSR,
        SimpleOperation.privileged(
            cpu -> {
              Exits.whereIntercepted(cpu);
              CpuState state = cpu.state();
              write(cpu, (int) state.gpr[CpuState.RCX], ProcessorQueries.pair(state));
            }));
  }

  private static long read(X86Cpu cpu, int msr) {
    CpuState state = cpu.state();
    return switch (msr) {
      // No update of microcode, no bank of machine checks, no trace of branches.
      case MACHINE_CHECK_ADDRESS,
          MACHINE_CHECK_TYPE,
          UPDATE_SIGNATURE,
          MACHINE_CHECK_CAPABILITIES,
          MACHINE_CHECK_STATUS,
          DEBUG_CONTROL ->
          0;
      case MTRR_CAPABILITIES -> MTRR_CAPABILITIES_VALUE;
      case MTRR_DEFAULT -> MTRR_DEFAULT_VALUE;
      case SYSENTER_CS -> state.sysenterCs;
      case SYSENTER_ESP -> state.sysenterEsp;
      case SYSENTER_EIP -> state.sysenterEip;
      case MISC_ENABLE -> state.miscEnable;
      case PAT -> state.pat;
      case EFER -> state.efer;
      case STAR -> state.star;
      case LSTAR -> state.lstar;
      case CSTAR -> state.cstar;
      case FMASK -> state.fmask;
      case FS_BASE -> state.segments[CpuState.FS].base();
      case GS_BASE -> state.segments[CpuState.GS].base();
      case KERNEL_GS_BASE -> state.kernelGsBase;
      case TSC_AUX -> state.tscAux;
      default -> isMtrr(msr) ? memoryTypes(msr) : readBoard(cpu, msr);
    };
  }

  private static void write(X86Cpu cpu, int msr, long value) {
    CpuState state = cpu.state();
    switch (msr) {
      case UPDATE_TRIGGER, UPDATE_SIGNATURE, MTRR_DEFAULT -> {}
      case MACHINE_CHECK_STATUS, DEBUG_CONTROL -> require(cpu, value == 0);
      case SYSENTER_CS -> state.sysenterCs = value & 0xffff_ffffL;
      case SYSENTER_ESP -> state.sysenterEsp = canonical(cpu, value);
      case SYSENTER_EIP -> state.sysenterEip = canonical(cpu, value);
      case MISC_ENABLE -> state.miscEnable = value;
      case PAT -> {
        requireMemoryTypes(cpu, value);
        state.pat = value;
      }
      case EFER -> PagingControl.storeEfer(cpu, value);
      case STAR -> state.star = value;
      case LSTAR -> state.lstar = canonical(cpu, value);
      case CSTAR -> state.cstar = canonical(cpu, value);
      case FMASK -> state.fmask = value & 0xffff_ffffL;
      case FS_BASE -> state.segments[CpuState.FS].setBase(canonical(cpu, value));
      case GS_BASE -> state.segments[CpuState.GS].setBase(canonical(cpu, value));
      case KERNEL_GS_BASE -> state.kernelGsBase = canonical(cpu, value);
      case TSC_AUX -> {
        require(cpu, value >>> 32 == 0);
        state.tscAux = value;
      }
      default -> {
        if (!isMtrr(msr)) {
          writeBoard(cpu, msr, value);
        }
      }
    }
  }

  private static void require(X86Cpu cpu, boolean isAllowed) {
    if (!isAllowed) {
      throw cpu.raise(GuestException.GP, 0);
    }
  }

  private static long canonical(X86Cpu cpu, long address) {
    Privileges.requireCanonical(cpu, address);
    return address;
  }

  // --- memory types ---

  private static boolean isMtrr(int msr) {
    boolean isVariable = msr >= MTRR_FIRST && msr < MTRR_FIRST + 16;
    boolean isFixed =
        msr == MTRR_FIXED
            || msr == MTRR_FIXED + 8
            || msr == MTRR_FIXED + 9
            || msr >= MTRR_FIXED + 0x18 && msr <= MTRR_LAST;
    return isVariable || isFixed;
  }

  private static long memoryTypes(int msr) {
    return msr >= MTRR_FIXED ? ALL_WRITE_BACK : 0;
  }

  /** Each byte of PAT is a memory type: 0, 1, 4, 5, 6 or 7. */
  private static void requireMemoryTypes(X86Cpu cpu, long value) {
    for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
      int type = (int) (value >>> shift) & 0xff;
      require(cpu, type < 8 && type != 2 && type != 3);
    }
  }

  // --- the board's ---

  private static long readBoard(X86Cpu cpu, int msr) {
    return Exits.outside(cpu, () -> cpu.board().readMsr(cpu, msr));
  }

  private static void writeBoard(X86Cpu cpu, int msr, long value) {
    Exits.outside(
        cpu,
        () -> {
          cpu.board().writeMsr(cpu, msr, value);
          return 0;
        });
    cpu.lookForInterrupts();
  }
}
