package dev.gnomon.machine.x86;

/**
 * The registers of a vCPU that executes machine code. Used by the CPU that runs the vCPU; whoever
 * else wants them waits until it stands still.
 *
 * <p>The arithmetic flags are kept as the three words that the last operation left ({@link Flags}),
 * and put together when they are asked for.
 */
public final class CpuState {
  public static final int RAX = 0;
  public static final int RCX = 1;
  public static final int RDX = 2;
  public static final int RBX = 3;
  public static final int RSP = 4;
  public static final int RBP = 5;
  public static final int RSI = 6;
  public static final int RDI = 7;
  public static final int R11 = 11;

  public static final int ES = 0;
  public static final int CS = 1;
  public static final int SS = 2;
  public static final int DS = 3;
  public static final int FS = 4;
  public static final int GS = 5;

  public static final long CR0_PE = 1L;
  public static final long CR0_AM = 1L << 18;
  public static final long CR0_PG = 1L << 31;
  public static final long CR4_LA57 = 1L << 12;
  public static final long EFER_LMA = 1L << 10;

  /**
   * RAX to R15 in their encoding's order; the 17th is always 0, for addresses without a register.
   */
  public final long[] gpr = new long[17];

  /** During an instruction, the address of the next one. */
  public long rip;

  public final Segment[] segments = new Segment[6];
  public final Segment ldtr = new Segment();
  public final Segment tr = new Segment();
  public final DescriptorTable gdtr = new DescriptorTable();
  public final DescriptorTable idtr = new DescriptorTable();

  public long cr0;
  public long cr2;
  public long cr3;
  public long cr4;
  public long cr8;
  public long efer;
  public long xcr0 = 1;
  public int pkru;
  public final long[] dr = new long[8];

  /** Whether an NMI is being handled: another one waits until IRET. */
  public boolean isNmiBlocked;

  /** 0 to 3; after it, or a control register, was changed: {@link X86Cpu#modeChanged}. */
  public int cpl;

  public long star;
  public long lstar;
  public long cstar;
  public long fmask;
  public long kernelGsBase;
  public long sysenterCs;
  public long sysenterEsp;
  public long sysenterEip;
  public long tscAux;
  public long pat = 0x0007_0406_0007_0406L;
  public long miscEnable = 1;
  public long apicBase = 0xfee0_0000L;

  /** XMM i: the low half at 2i, the high one at 2i + 1. */
  public final long[] xmm = new long[32];

  public int mxcsr = 0x1f80;

  /** See {@link Flags}. */
  long flagResult = 1;

  long flagCarry;
  long flagAdjust;

  /** RFLAGS without the arithmetic flags, with bit 1. */
  private long systemFlags = Flags.FIXED;

  private CpuState() {
    for (int i = 0; i < segments.length; i++) {
      segments[i] = new Segment();
    }
  }

  /** As after power-on: real mode at F000:FFF0. Intel SDM vol. 3A, table 10-1. */
  public static CpuState reset() {
    CpuState state = new CpuState();
    int data = Segment.PRESENT | Segment.NON_SYSTEM | 3;
    for (Segment segment : state.segments) {
      segment.load(0, 0, 0xffff, data);
    }
    state.segments[CS].load(0xf000, 0xffff_0000L, 0xffff, data);
    state.ldtr.load(0, 0, 0xffff, Segment.PRESENT | 2);
    state.tr.load(0, 0, 0xffff, Segment.PRESENT | 0xb);
    state.gdtr.load(0, 0xffff);
    state.idtr.load(0, 0xffff);
    state.rip = 0xfff0;
    state.cr0 = 0x6000_0010L;
    state.dr[6] = 0xffff_0ff0L;
    state.dr[7] = 0x400;
    state.gpr[RDX] = 0x600;
    return state;
  }

  /** The low 1, 2, 4 or 8 bytes of a general register, zero-extended. */
  long read(int register, int size) {
    long value = gpr[register];
    return size == 8 ? value : value & (1L << 8 * size) - 1;
  }

  /** Writes the low 1, 2, 4 or 8 bytes of a general register; 4 bytes clear its upper half. */
  void write(int register, int size, long value) {
    switch (size) {
      case 1 -> gpr[register] = gpr[register] & ~0xffL | value & 0xff;
      case 2 -> gpr[register] = gpr[register] & ~0xffffL | value & 0xffff;
      case 4 -> gpr[register] = value & 0xffff_ffffL;
      default -> gpr[register] = value;
    }
  }

  /** RFLAGS. */
  public long rflags() {
    return systemFlags | Flags.arithmetic(this);
  }

  /** Loads all of RFLAGS; bits 1, 3, 5 and 15 stay as they are. */
  public void setRflags(long value) {
    systemFlags = value & ~Flags.ARITHMETIC & Flags.DEFINED | Flags.FIXED;
    Flags.setArithmetic(this, value);
  }

  /** The flags that are not arithmetic: TF, IF, DF, IOPL, NT, RF, VM, AC, VIF, VIP, ID. */
  public long systemFlags() {
    return systemFlags;
  }

  /** Sets flags that are not arithmetic. */
  public void setSystemFlags(long bits) {
    systemFlags |= bits;
  }

  /** Clears flags that are not arithmetic. */
  public void clearSystemFlags(long bits) {
    systemFlags &= ~bits | Flags.FIXED;
  }

  /** EFER.LMA. */
  public boolean isLongMode() {
    return (efer & EFER_LMA) != 0;
  }

  /** 64-bit mode: EFER.LMA and CS.L. */
  public boolean is64Bit() {
    return isLongMode() && segments[CS].isLong();
  }

  /** CR0.PE. */
  public boolean isProtected() {
    return (cr0 & CR0_PE) != 0;
  }

  /** Virtual-8086 mode: protected mode with RFLAGS.VM. */
  public boolean isVm86() {
    return (systemFlags & Flags.VM) != 0;
  }

  /** Whether segments are loaded as in real mode: real or virtual-8086 mode. */
  public boolean isReal() {
    return !isProtected() || isVm86();
  }
}
