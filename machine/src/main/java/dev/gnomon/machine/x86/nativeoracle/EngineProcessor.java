package dev.gnomon.machine.x86.nativeoracle;

import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.VmConfig;
import dev.gnomon.machine.memory.HostMemory;
import dev.gnomon.machine.memory.SwapSpace;
import dev.gnomon.machine.processor.TlbConfig;
import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.machine.thread.CpuThreads;
import dev.gnomon.machine.thread.ThreadPlatform;
import dev.gnomon.machine.x86.Board;
import dev.gnomon.machine.x86.CpuFeatures;
import dev.gnomon.machine.x86.CpuState;
import dev.gnomon.machine.x86.PageFaultRaiser;
import dev.gnomon.machine.x86.Segment;
import dev.gnomon.machine.x86.StopReason;
import dev.gnomon.machine.x86.X86Cpu;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.platform.PhysicalMemory;

/**
 * Our engine, with one vCPU at CPL 3 in 64-bit mode. The guest's tables map the arena where it is
 * in this process, and nothing else; there is no IDT, so that any exception ends the run.
 */
final class EngineProcessor implements AutoCloseable {
  private static final long MEMORY = 4L << 20;
  private static final long HOST_FRAMES = 16384;
  private static final long TOP_TABLE = 0x1000;
  private static final long ARENA_GPA = 2L << 20;

  private static final int USER =
      Segment.PRESENT
          | Segment.NON_SYSTEM
          | 3 << Segment.DPL_SHIFT
          | Segment.ACCESSED
          | Segment.READABLE_OR_WRITABLE
          | Segment.GRANULAR;

  private static final long CR0 = 0x8001_0033L;
  private static final long CR4_PAE = 1L << 5;
  private static final long CR4_OSFXSR = 1L << 9;
  private static final long EFER_LME_LMA = 5L << 8;

  private final Arena arena;
  private final HostMemory host;
  private final VirtualMachine vm;
  private final Vcpu vcpu;
  private final X86Cpu cpu;
  private final PhysicalMemory memory;

  EngineProcessor(Arena arena) {
    this.arena = arena;
    host = HostMemory.reserve(HOST_FRAMES);
    memory = host.memory();
    MmuConfig mmu = MmuConfig.of(TdpKind.EPT, 1);
    ThreadPlatform platform =
        new ThreadPlatform(host, mmu.vcpus() + VirtualMachine.HOST_CPUS, false);
    vm =
        new VirtualMachine(
            new CpuThreads(platform),
            SwapSpace.NONE,
            new VmConfig(mmu, MEMORY, 1, TlbConfig.DEFAULT),
            Rules.DEFAULTS);
    vcpu = vm.newVcpu(0, new PageFaultRaiser());
    CpuState state = CpuState.reset();
    loadSystemRegisters(state);
    buildTables();
    cpu = new X86Cpu(vcpu, state, CpuFeatures.all().with("+cx16"), new NoBoard());
  }

  private static void loadCode(CpuState state, boolean is64) {
    int selector = is64 ? 0x33 : 0x23;
    int size = is64 ? Segment.LONG : Segment.BIG;
    state.segments[CpuState.CS].load(selector, 0, -1, USER | Segment.CODE | size);
  }

  private static void loadSystemRegisters(CpuState state) {
    int data = USER | Segment.BIG;
    for (Segment segment : state.segments) {
      segment.load(0x2b, 0, -1, data);
    }
    loadCode(state, true);
    state.idtr.load(0, 0);
    state.cr0 = CR0;
    state.cr3 = TOP_TABLE;
    state.cr4 = CR4_PAE | CR4_OSFXSR;
    state.efer = EFER_LME_LMA;
    state.cpl = 3;
  }

  private void buildTables() {
    long table = TOP_TABLE;
    long bits =
        GuestEntry.PRESENT
            | GuestEntry.WRITABLE
            | GuestEntry.USER
            | GuestEntry.ACCESSED
            | GuestEntry.DIRTY;
    vcpu.enterGuest();
    for (int level = 4; level > 2; level--) {
      long below = table + PhysicalMemory.FRAME_SIZE;
      vcpu.writeLong(table + 8L * PageLevel.index(arena.base(), level), below | bits);
      table = below;
    }
    vcpu.writeLong(
        table + 8L * PageLevel.index(arena.base(), 2), ARENA_GPA | bits | GuestEntry.LARGE);
    vcpu.leaveGuest();
    vcpu.load(ControlRegisters.longMode(4, TOP_TABLE, true));
  }

  /**
   * Runs a program.
   *
   * @param now the state before, and after
   * @return empty, or why it did not come to its end
   */
  String run(Program program, RegisterState now) {
    vcpu.enterGuest();
    memory.write(vcpu.writable(arena.program()), program.code, 0, program.code.length);
    long data = vcpu.writable(arena.data());
    for (int i = 0; i < now.data.length; i++) {
      memory.setLong(data + 8L * i, now.data[i]);
    }
    vcpu.leaveGuest();
    CpuState state = cpu.state();
    loadCode(state, program.is64);
    cpu.modeChanged();
    System.arraycopy(now.gpr, 0, state.gpr, 0, now.gpr.length);
    System.arraycopy(now.xmm, 0, state.xmm, 0, now.xmm.length);
    state.setRflags(now.rflags);
    state.mxcsr = now.mxcsr;
    state.rip = now.rip;
    String stopped = run(program.encodings.size());
    System.arraycopy(state.gpr, 0, now.gpr, 0, now.gpr.length);
    System.arraycopy(state.xmm, 0, now.xmm, 0, now.xmm.length);
    now.rflags = state.rflags();
    now.mxcsr = state.mxcsr;
    now.rip = state.rip;
    vcpu.enterGuest();
    data = vcpu.readable(arena.data());
    for (int i = 0; i < now.data.length; i++) {
      now.data[i] = memory.getLong(data + 8L * i);
    }
    vcpu.leaveGuest();
    return stopped;
  }

  private String run(int instructions) {
    try {
      StopReason reason = cpu.run(instructions);
      return switch (reason) {
        case COUNT -> "";
        case SHUTDOWN -> cpu.shutdownReason();
        default -> "stopped by " + reason;
      };
    } catch (RuntimeException e) {
      // A fault of the engine's: its program is what helps to find it.
      return "threw " + e;
    }
  }

  @Override
  public void close() {
    vcpu.shutDown();
    vm.close();
    host.close();
  }

  /** Nothing there: user programs reach no port, and no interrupt comes. */
  private static final class NoBoard implements Board {
    @Override
    public long in(X86Cpu cpu, int port, int size) {
      throw new IllegalStateException("a user program reads port " + port);
    }

    @Override
    public void out(X86Cpu cpu, int port, int size, long value) {
      throw new IllegalStateException("a user program writes port " + port);
    }

    @Override
    public long mmioRead(X86Cpu cpu, long gpa, int size) {
      return -1L;
    }

    @Override
    public void mmioWrite(X86Cpu cpu, long gpa, int size, long value) {
      // Nobody listens.
    }

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
      return 0;
    }
  }
}
