package dev.gnomon.machine.x86;

import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.VmConfig;
import dev.gnomon.machine.memory.HostMemory;
import dev.gnomon.machine.memory.SwapSpace;
import dev.gnomon.machine.processor.TlbConfig;
import dev.gnomon.machine.thread.CpuThreads;
import dev.gnomon.machine.thread.ThreadPlatform;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.HostPages;
import dev.gnomon.mmu.platform.PhysicalMemory;
import java.util.HexFormat;

/**
 * A small VM whose vCPUs execute machine code that a test puts there: 4 MiB, no paging, a board
 * that does nothing. Its segments are flat and allow everything.
 */
final class CodeRig implements AutoCloseable {
  static final long MEMORY = 4L << 20;
  static final long CODE = 0x1_0000;
  static final long STACK = 0x2_0000;
  static final long DATA = 0x3_0000;
  private static final long GDT = 0x8000;
  private static final long IDT = 0x9000;
  private static final long HANDLERS = 0x7000;
  private static final long TABLES = 0x10_0000;
  static final int FLAT_CODE = 0x9b;
  static final int FLAT_DATA = 0x93;

  private final HostMemory memory = HostMemory.reserve(16_384);
  private final CpuThreads threads;
  private final VirtualMachine vm;
  private final X86Cpu[] cpus;

  CodeRig(int codeSize) {
    this(codeSize, 1, new QuietBoard());
  }

  CodeRig(int codeSize, int vcpus, Board board) {
    ThreadPlatform platform = new ThreadPlatform(memory, vcpus + VirtualMachine.HOST_CPUS, false);
    threads = new CpuThreads(platform);
    MmuConfig mmu = MmuConfig.of(TdpKind.NPT, vcpus);
    VmConfig config = new VmConfig(mmu, MEMORY, 1, TlbConfig.DEFAULT);
    vm = new VirtualMachine(threads, SwapSpace.NONE, config, Rules.DEFAULTS);
    cpus = new X86Cpu[vcpus];
    for (int i = 0; i < vcpus; i++) {
      CpuState state = CpuState.reset();
      setMode(state, codeSize);
      state.rip = CODE;
      state.gpr[CpuState.RSP] = STACK - 0x1000L * i;
      cpus[i] = new X86Cpu(vm.newVcpu(i, new PageFaultRaiser()), state, CpuFeatures.all(), board);
    }
  }

  /** Flat segments of a mode; paging stays off, which 64-bit mode does not mind here. */
  private static void setMode(CpuState state, int codeSize) {
    boolean isReal = codeSize == 2;
    int limit = isReal ? 0xffff : -1;
    int big = codeSize == 4 ? Segment.BIG : codeSize == 8 ? Segment.LONG : 0;
    for (Segment segment : state.segments) {
      segment.load(0, 0, limit, FLAT_DATA | (isReal ? 0 : Segment.BIG));
    }
    state.segments[CpuState.CS].load(0, 0, limit, FLAT_CODE | big);
    if (isReal) {
      state.segments[CpuState.CS].load((int) CODE >> 4, CODE, limit, FLAT_DATA);
    } else {
      state.cr0 |= CpuState.CR0_PE;
    }
    if (codeSize == 8) {
      state.efer |= CpuState.EFER_LMA;
    }
  }

  /**
   * Gives the first vCPU a GDT and an IDT: every exception ends in a HLT of its own, see {@link
   * #vector}. For 32- and 64-bit code.
   */
  void catchExceptions() {
    boolean is64Bit = state().is64Bit();
    putLong(GDT + 8, is64Bit ? 0x00af_9b00_0000_ffffL : 0x00cf_9b00_0000_ffffL);
    putLong(GDT + 16, 0x00cf_9300_0000_ffffL);
    state().gdtr.load(GDT, 0xff);
    state().idtr.load(IDT, 0xfff);
    for (int vector = 0; vector < 32; vector++) {
      long handler = HANDLERS + vector;
      long gate = handler & 0xffff | 8L << 16 | 0x8e00L << 32 | handler >>> 16 << 48;
      putLong(IDT + (is64Bit ? 16L : 8L) * vector, gate);
      put(handler, "f4");
    }
  }

  /** The vector of the exception at whose handler the first vCPU has halted, or -1. */
  int vector() {
    long at = state().rip - 1 - HANDLERS;
    return at >= 0 && at < 32 ? (int) at : -1;
  }

  /** Pages the first vCPU by 4-level tables: gvas are gpas, in pages of 4 KiB, until changed. */
  void page() {
    putLong(TABLES, TABLES + 0x1000 | 7);
    putLong(TABLES + 0x1000, TABLES + 0x2000 | 7);
    for (int i = 0; i < 2; i++) {
      putLong(TABLES + 0x2000 + 8L * i, TABLES + 0x3000 + 0x1000L * i | 7);
    }
    for (long page = 0; page < 1024; page++) {
      map(page << 12, page << 12 | 0x67);
    }
    state().cr0 |= CpuState.CR0_PG | CpuState.CR0_PE | 1L << 16;
    state().cr3 = TABLES;
    state().cr4 |= 1L << 5;
    state().efer |= CpuState.EFER_LMA | 1L << 8;
  }

  /** Where the entry of the lowest table for a gva lies. */
  static long entry(long gva) {
    return TABLES + 0x3000 + (gva >>> 12) * 8;
  }

  /** Writes an entry of the lowest table. */
  void map(long gva, long gpte) {
    putLong(entry(gva), gpte);
  }

  VirtualMachine vm() {
    return vm;
  }

  CpuThreads threads() {
    return threads;
  }

  X86Cpu cpu() {
    return cpus[0];
  }

  X86Cpu cpu(int index) {
    return cpus[index];
  }

  CpuState state() {
    return cpus[0].state();
  }

  Cpu hostCpu() {
    return vm.hostCpu(0);
  }

  /** Puts bytes, in hexadecimal with or without spaces, where the guest finds them at a gpa. */
  void put(long gpa, String hex) {
    byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
    for (int i = 0; i < bytes.length; i++) {
      host().setByte(hpa(gpa + i, true), bytes[i]);
    }
  }

  void putLong(long gpa, long value) {
    for (int i = 0; i < 8; i++) {
      host().setByte(hpa(gpa + i, true), (byte) (value >>> 8 * i));
    }
  }

  long getLong(long gpa) {
    long value = 0;
    for (int i = 0; i < 8; i++) {
      value |= (host().getByte(hpa(gpa + i, false)) & 0xffL) << 8 * i;
    }
    return value;
  }

  PhysicalMemory host() {
    return memory.memory();
  }

  /** Where the host keeps a byte of the guest, now. */
  long hpa(long gpa, boolean isWrite) {
    long hvn = vm.baseHvn() + PhysicalMemory.pfn(gpa);
    long page = vm.hostSpace().resolve(hostCpu(), hvn, isWrite);
    return PhysicalMemory.hpa(HostPages.pfn(page)) + (gpa & PhysicalMemory.FRAME_SIZE - 1);
  }

  /** Executes so many instructions of code that is put at {@link #CODE}. */
  void run(String hex, int count) {
    put(CODE, hex);
    state().rip = state().isProtected() ? CODE : 0;
    cpu().run(count);
  }

  @Override
  public void close() {
    for (X86Cpu cpu : cpus) {
      cpu.vcpu().shutDown();
    }
    vm.close();
    memory.close();
  }

  /** No devices, no interrupts; HLT and any port end the run. */
  static class QuietBoard implements Board {
    @Override
    public long in(X86Cpu cpu, int port, int size) {
      cpu.stop();
      return -1;
    }

    @Override
    public void out(X86Cpu cpu, int port, int size, long value) {
      cpu.stop();
    }

    @Override
    public long mmioRead(X86Cpu cpu, long gpa, int size) {
      return -1;
    }

    @Override
    public void mmioWrite(X86Cpu cpu, long gpa, int size, long value) {}

    @Override
    public int nextInterrupt(X86Cpu cpu) {
      return -1;
    }

    @Override
    public boolean halt(X86Cpu cpu) {
      return false;
    }

    @Override
    public long timestampCounter(X86Cpu cpu) {
      return cpu.instructions();
    }
  }
}
