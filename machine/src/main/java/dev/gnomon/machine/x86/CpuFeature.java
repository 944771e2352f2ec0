package dev.gnomon.machine.x86;

import dev.gnomon.machine.x86.decode.Mnemonic;
import dev.gnomon.mmu.arch.ControlBits;
import java.util.Locale;
import java.util.Set;

/**
 * A feature of a processor that can be taken away: where CPUID reports it, which bits of CR4 and
 * EFER it allows, which instructions it brings.
 *
 * <p>Sources: Intel SDM vol. 2A, CPUID; AMD APM vol. 3, appendix E.
 */
public enum CpuFeature {
  DE(1, Register.EDX, 2, ControlBits.CR4_DE, 0),
  PSE(1, Register.EDX, 3, ControlBits.CR4_PSE, 0),
  TSC(1, Register.EDX, 4, ControlBits.CR4_TSD, 0, Mnemonic.RDTSC),
  MSR(1, Register.EDX, 5, 0, 0, Mnemonic.RDMSR, Mnemonic.WRMSR),
  PAE(1, Register.EDX, 6, ControlBits.CR4_PAE, 0),
  /** CMPXCHG8B. */
  CX8(1, Register.EDX, 8, 0, 0),
  APIC(1, Register.EDX, 9, 0, 0),
  /** SYSENTER and SYSEXIT. */
  SEP(1, Register.EDX, 11, 0, 0, Mnemonic.SYSENTER, Mnemonic.SYSEXIT),
  PGE(1, Register.EDX, 13, ControlBits.CR4_PGE, 0),
  CMOV(1, Register.EDX, 15, 0, 0, Mnemonic.CMOV),
  PAT(1, Register.EDX, 16, 0, 0),
  PSE36(1, Register.EDX, 17, 0, 0),
  CLFLUSH(1, Register.EDX, 19, 0, 0, Mnemonic.CLFLUSH),
  FXSR(1, Register.EDX, 24, ControlBits.CR4_OSFXSR, 0, Mnemonic.FXSAVE, Mnemonic.FXRSTOR),
  /** SSE, as far as it moves data and computes with integers. */
  SSE(1, Register.EDX, 25, ControlBits.CR4_OSXMMEXCPT, 0),
  /** SSE2, as far as it moves data and computes with integers. */
  SSE2(1, Register.EDX, 26, 0, 0),
  /** CMPXCHG16B. */
  CX16(1, Register.ECX, 13, 0, 0),
  PCID(1, Register.ECX, 17, ControlBits.CR4_PCIDE, 0),
  X2APIC(1, Register.ECX, 21, 0, 0),
  MOVBE(1, Register.ECX, 22, 0, 0, Mnemonic.MOVBE),
  POPCNT(1, Register.ECX, 23, 0, 0, Mnemonic.POPCNT),
  /** The local APIC's timer takes deadlines of the time-stamp counter. */
  TSC_DEADLINE(1, Register.ECX, 24, 0, 0),
  /** XGETBV, XSETBV and XCR0; nothing that saves state. */
  XSAVE(1, Register.ECX, 26, ControlBits.CR4_OSXSAVE, 0, Mnemonic.XGETBV, Mnemonic.XSETBV),
  RDRAND(1, Register.ECX, 30, 0, 0, Mnemonic.RDRAND),
  /** Says that there is a hypervisor below, and its leaves. */
  HYPERVISOR(1, Register.ECX, 31, 0, 0),
  FSGSBASE(
      7,
      Register.EBX,
      0,
      ControlBits.CR4_FSGSBASE,
      0,
      Mnemonic.RDFSBASE,
      Mnemonic.RDGSBASE,
      Mnemonic.WRFSBASE,
      Mnemonic.WRGSBASE),
  /** Without it TZCNT is BSF. */
  BMI1(
      7,
      Register.EBX,
      3,
      0,
      0,
      Mnemonic.ANDN,
      Mnemonic.BEXTR,
      Mnemonic.BLSI,
      Mnemonic.BLSMSK,
      Mnemonic.BLSR),
  SMEP(7, Register.EBX, 7, ControlBits.CR4_SMEP, 0),
  BMI2(
      7,
      Register.EBX,
      8,
      0,
      0,
      Mnemonic.BZHI,
      Mnemonic.MULX,
      Mnemonic.PDEP,
      Mnemonic.PEXT,
      Mnemonic.RORX,
      Mnemonic.SARX,
      Mnemonic.SHLX,
      Mnemonic.SHRX),
  INVPCID(7, Register.EBX, 10, 0, 0, Mnemonic.INVPCID),
  RDSEED(7, Register.EBX, 18, 0, 0, Mnemonic.RDSEED),
  SMAP(7, Register.EBX, 20, ControlBits.CR4_SMAP, 0, Mnemonic.CLAC, Mnemonic.STAC),
  CLFLUSHOPT(7, Register.EBX, 23, 0, 0, Mnemonic.CLFLUSHOPT),
  CLWB(7, Register.EBX, 24, 0, 0, Mnemonic.CLWB),
  /** SGDT, SIDT, SLDT, SMSW and STR at CPL 0 only. */
  UMIP(7, Register.ECX, 2, ControlBits.CR4_UMIP, 0),
  PKU(7, Register.ECX, 3, ControlBits.CR4_PKE, 0, Mnemonic.RDPKRU, Mnemonic.WRPKRU),
  LA57(7, Register.ECX, 16, ControlBits.CR4_LA57, 0),
  RDPID(7, Register.ECX, 22, 0, 0, Mnemonic.RDPID),
  SERIALIZE(7, Register.EDX, 14, 0, 0, Mnemonic.SERIALIZE),
  SYSCALL(
      0x8000_0001, Register.EDX, 11, 0, ControlBits.EFER_SCE, Mnemonic.SYSCALL, Mnemonic.SYSRET),
  NX(0x8000_0001, Register.EDX, 20, 0, ControlBits.EFER_NXE),
  /** 1 GiB pages. */
  PDPE1GB(0x8000_0001, Register.EDX, 26, 0, 0),
  RDTSCP(0x8000_0001, Register.EDX, 27, 0, 0, Mnemonic.RDTSCP),
  /** Long mode. */
  LM(0x8000_0001, Register.EDX, 29, 0, ControlBits.EFER_LME | ControlBits.EFER_LMA),
  /** LAHF and SAHF in 64-bit code. */
  LAHF_LM(0x8000_0001, Register.ECX, 0, 0, 0),
  /** LZCNT; without it that is BSR. */
  ABM(0x8000_0001, Register.ECX, 5, 0, 0),
  INVTSC(0x8000_0007, Register.EDX, 8, 0, 0),
  /** No bit of CPUID's: that of SSE4.2 would promise more. */
  CRC32(0, Register.EAX, 0, 0, 0, Mnemonic.CRC32),
  /** No bit either: whether the hypervisor's leaf says KVM, without any of its features. */
  KVM(0, Register.EAX, 0, 0, 0);

  /** Where CPUID gives its answers. */
  enum Register {
    EAX,
    EBX,
    ECX,
    EDX
  }

  private final int leaf;
  private final Register register;
  private final int bit;
  private final long cr4;
  private final long efer;
  private final Set<Mnemonic> instructions;

  CpuFeature(int leaf, Register register, int bit, long cr4, long efer, Mnemonic... instructions) {
    this.leaf = leaf;
    this.register = register;
    this.bit = bit;
    this.cr4 = cr4;
    this.efer = efer;
    this.instructions = Set.of(instructions);
  }

  /** What users call it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Its bit in the answer of a leaf's first subleaf, 0 if it is not there. */
  int bitIn(int asked, Register where) {
    return leaf != 0 && leaf == asked && register == where ? 1 << bit : 0;
  }

  /** The bits of CR4 that can be set only with it. */
  long cr4() {
    return cr4;
  }

  /** The bits of EFER that can be set only with it. */
  long efer() {
    return efer;
  }

  /** The instructions that raise #UD without it. */
  Set<Mnemonic> instructions() {
    return instructions;
  }
}
