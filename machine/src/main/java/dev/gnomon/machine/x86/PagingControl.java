package dev.gnomon.machine.x86;

import static dev.gnomon.mmu.arch.ControlBits.CR0_CD;
import static dev.gnomon.mmu.arch.ControlBits.CR0_ET;
import static dev.gnomon.mmu.arch.ControlBits.CR0_NW;
import static dev.gnomon.mmu.arch.ControlBits.CR0_PE;
import static dev.gnomon.mmu.arch.ControlBits.CR0_PG;
import static dev.gnomon.mmu.arch.ControlBits.CR0_TS;
import static dev.gnomon.mmu.arch.ControlBits.CR3_NO_FLUSH;
import static dev.gnomon.mmu.arch.ControlBits.CR4_LA57;
import static dev.gnomon.mmu.arch.ControlBits.CR4_PAE;
import static dev.gnomon.mmu.arch.ControlBits.CR4_PCIDE;
import static dev.gnomon.mmu.arch.ControlBits.EFER_LMA;
import static dev.gnomon.mmu.arch.ControlBits.EFER_LME;

import dev.gnomon.mmu.arch.ControlRegisters;

/**
 * What may be written to CR0, CR3, CR4 and EFER, and what that does to long mode and to what is
 * cached of translations. Intel SDM vol. 3A, 2.5, 4.10.4 and 9.8.5; vol. 2B, MOV.
 */
final class PagingControl {
  private static final long PCID_MASK = 0xfff;

  private PagingControl() {}

  /** Has the processor do as the registers say, which may have been changed from outside. */
  static void takeRegisters(X86Cpu cpu) {
    CpuState state = cpu.state();
    cpu.modeChanged();
    cpu.debugChanged();
    ControlRegisters paging =
        new ControlRegisters(
            state.cr0,
            state.cr3,
            state.cr4,
            state.efer,
            state.pkru,
            state.cpl == 3,
            (state.systemFlags() & Flags.AC) != 0);
    if (!paging.equals(cpu.vcpu().registers())) {
      cpu.vcpu().load(paging);
    }
  }

  /** MOV CR0, LMSW. */
  static void storeCr0(X86Cpu cpu, long value) {
    CpuState state = cpu.state();
    long old = state.cr0;
    boolean setsPaging = (value & ~old & CR0_PG) != 0;
    boolean clearsPaging = (old & ~value & CR0_PG) != 0;
    require(cpu, value >>> 32 == 0);
    require(cpu, (value & CR0_PG) == 0 || (value & CR0_PE) != 0);
    require(cpu, (value & CR0_NW) == 0 || (value & CR0_CD) != 0);
    boolean isLongWanted = (state.efer & EFER_LME) != 0;
    boolean isLongCode = state.segments[CpuState.CS].isLong();
    if (setsPaging && isLongWanted) {
      boolean is16BitTask = (state.tr.type() & 8) == 0;
      require(cpu, (state.cr4 & CR4_PAE) != 0 && !isLongCode && !is16BitTask);
    }
    if (clearsPaging) {
      require(cpu, !state.is64Bit() && (state.cr4 & CR4_PCIDE) == 0);
    }
    long newCr0 = value & cpu.features().cr0Bits() | CR0_ET;
    long newEfer = state.efer;
    if (setsPaging && isLongWanted) {
      newEfer |= EFER_LMA;
    } else if (clearsPaging) {
      newEfer &= ~EFER_LMA;
    }
    change(cpu, newCr0, state.cr4, newEfer);
  }

  /** MOV CR3. */
  static void storeCr3(X86Cpu cpu, long value) {
    CpuState state = cpu.state();
    boolean hasPcids = (state.cr4 & CR4_PCIDE) != 0;
    long newCr3 = hasPcids ? value & ~CR3_NO_FLUSH : value;
    if (state.isLongMode()) {
      boolean isOldHint = !hasPcids && (value & CR3_NO_FLUSH) != 0;
      require(cpu, !isOldHint && (newCr3 & cpu.features().cr3ReservedBits()) == 0);
    }
    require(cpu, cpu.vcpu().loadCr3(value));
    state.cr3 = newCr3;
  }

  /** MOV CR4. */
  static void storeCr4(X86Cpu cpu, long value) {
    CpuState state = cpu.state();
    long changed = value ^ state.cr4;
    require(cpu, (value & ~cpu.features().cr4Bits()) == 0);
    if (state.isLongMode()) {
      require(cpu, (value & CR4_PAE) != 0 && (changed & CR4_LA57) == 0);
    }
    if ((changed & value & CR4_PCIDE) != 0) {
      require(cpu, state.isLongMode() && (state.cr3 & PCID_MASK) == 0);
    }
    change(cpu, state.cr0, value, state.efer);
  }

  /** WRMSR of EFER; LMA is the processor's own. */
  static void storeEfer(X86Cpu cpu, long value) {
    CpuState state = cpu.state();
    long newEfer = value & ~EFER_LMA | state.efer & EFER_LMA;
    boolean isPaging = (state.cr0 & CR0_PG) != 0;
    require(cpu, (newEfer & ~cpu.features().eferBits()) == 0);
    require(cpu, !isPaging || ((newEfer ^ state.efer) & EFER_LME) == 0);
    change(cpu, state.cr0, state.cr4, newEfer);
  }

  /** CLTS. */
  static void clearTaskSwitched(X86Cpu cpu) {
    CpuState state = cpu.state();
    change(cpu, state.cr0 & ~CR0_TS, state.cr4, state.efer);
  }

  private static void change(X86Cpu cpu, long cr0, long cr4, long efer) {
    CpuState state = cpu.state();
    Exits.whereIntercepted(cpu);
    require(cpu, cpu.vcpu().control().loadModes(cr0, cr4, efer));
    state.cr0 = cr0;
    state.cr4 = cr4;
    state.efer = efer;
    cpu.modeChanged();
  }

  private static void require(X86Cpu cpu, boolean isAllowed) {
    if (!isAllowed) {
      throw cpu.raise(GuestException.GP, 0);
    }
  }
}
