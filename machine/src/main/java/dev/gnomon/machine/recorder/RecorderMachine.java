package dev.gnomon.machine.recorder;

import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.VmConfig;
import dev.gnomon.machine.memory.HostMemory;
import dev.gnomon.machine.memory.SwapSpace;
import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.machine.thread.CpuThreads;
import dev.gnomon.machine.thread.ThreadPlatform;
import dev.gnomon.machine.x86.CpuFeatures;
import dev.gnomon.machine.x86.CpuState;
import dev.gnomon.machine.x86.PageFaultRaiser;
import dev.gnomon.machine.x86.StopReason;
import dev.gnomon.machine.x86.X86Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import java.util.ArrayList;
import java.util.List;

/**
 * The recorder's machine: one slot of memory at 0 and perhaps others, up to four vCPUs that take
 * turns, each until it yields. All of it runs on the thread that made it.
 */
final class RecorderMachine implements AutoCloseable {
  /** More than any guest needs; one that goes on has lost its way. */
  private static final long MOST_INSTRUCTIONS = 50_000_000;

  /** Frames for tables; for what is retried, and freed later. */
  private static final long SPARE_FRAMES = 8192;

  private static final String CLOSED = "vm closed";

  private static final long FNV_BASIS = 0xcbf29ce484222325L;
  private static final long FNV_PRIME = 0x100000001b3L;

  private final RecordedRun run;
  private final byte[] program;
  private final HostMemory memory;
  private final EventLog log;
  private final Output output;
  private final VirtualMachine vm;
  private final GuestSlots slots;
  private final HostOperations hostOperations;
  private final RecorderBoard board;
  private final List<X86Cpu> cpus = new ArrayList<>();

  /**
   * Makes the machine of a run; nothing is in it yet.
   *
   * @param recordedTrace the canonical trace whose calls of notifiers are made again; may be empty
   * @param opener of the log that keeps its events
   */
  RecorderMachine(
      RecordedRun run,
      byte[] program,
      ReplayConfig config,
      List<String> recordedTrace,
      EventLog.Opener opener) {
    this.run = run;
    this.program = program;
    memory = HostMemory.reserve(frames(run));
    ThreadPlatform platform =
        new ThreadPlatform(memory, run.vcpus() + VirtualMachine.HOST_CPUS, false);
    VmConfig vmConfig = config.vm(run);
    log = opener.open(vmConfig.mmu(), platform.cpus());
    vm =
        VirtualMachine.withoutMemory(
            new CpuThreads(platform), SwapSpace.NONE, vmConfig, config.rules(), log.tracepoints());
    RecordedNotifications notifications = new RecordedNotifications(recordedTrace);
    output =
        new Output(
            mark -> {
              log.mark(vm.hostCpu(0), mark);
              notifications.marked();
            });
    slots = new GuestSlots(vm, output);
    hostOperations = new HostOperations(vm, slots, output, notifications, run.ringEntries() != 0);
    board = new RecorderBoard(run.vcpus(), output, hostOperations);
  }

  private static long frames(RecordedRun run) {
    long frames = PhysicalMemory.pfn(run.memoryBytes());
    for (RecordedRun.Slot slot : run.extraSlots()) {
      frames += PhysicalMemory.pfn(slot.bytes());
    }
    return 2 * frames + SPARE_FRAMES;
  }

  /** Runs the guest to its end, and takes the machine down. */
  Replay run() {
    setUp();
    boolean isAnyLeft = true;
    while (isAnyLeft) {
      isAnyLeft = false;
      for (int vcpu = 0; vcpu < cpus.size(); vcpu++) {
        if (!board.hasEnded(vcpu)) {
          runUntilYield(vcpu);
          isAnyLeft |= !board.hasEnded(vcpu);
        }
      }
    }
    output.mark("end");
    report();
    FinalState end = new FinalState(cpus.stream().map(X86Cpu::state).toList(), slots.images());
    if (run.ringEntries() == 0) {
      tearDown();
    }
    output.mark(CLOSED);
    if (run.ringEntries() != 0) {
      // The recorder's mappings of the rings keep the VM alive until it exits itself.
      tearDown();
    }
    return new Replay(events(), output.lines(), end);
  }

  /** Up to the last mark; what the end of the recorder itself causes was not recorded. */
  private List<String> events() {
    List<String> lines = TraceNormaliser.normalise(log.close());
    return lines.subList(0, lines.lastIndexOf("# " + CLOSED) + 1);
  }

  private void tearDown() {
    vm.mmu().zapAll(vm.hostCpu(0));
    for (X86Cpu cpu : cpus) {
      cpu.vcpu().shutDown();
    }
    vm.close();
  }

  private void setUp() {
    slots.create(0, 0, run.memoryBytes(), run.isLogged() ? GuestSlots.LOG_DIRTY_PAGES : 0);
    for (int i = 0; i < run.extraSlots().size(); i++) {
      RecordedRun.Slot slot = run.extraSlots().get(i);
      slots.create(i + 1, slot.gpa(), slot.bytes(), slot.flags());
    }
    InitialMemory.write(run, program, slots::write);
    output.line(
        "MODE %s bin %s (%d bytes) vcpus %d mem %x"
            .formatted(
                run.mode().label(), run.binary(), program.length, run.vcpus(), run.memoryBytes()));
    for (int i = 0; i < run.vcpus(); i++) {
      cpus.add(newCpu(i));
    }
    output.mark("start");
  }

  private X86Cpu newCpu(int index) {
    MmioPins pins = new MmioPins(board);
    Vcpu vcpu = vm.newVcpu(index, new PageFaultRaiser(), pins);
    X86Cpu cpu = new X86Cpu(vcpu, InitialState.of(run, index), CpuFeatures.all(), board);
    pins.connect(cpu);
    return cpu;
  }

  private void runUntilYield(int vcpu) {
    X86Cpu cpu = cpus.get(vcpu);
    StopReason reason = cpu.run(MOST_INSTRUCTIONS);
    switch (reason) {
      case STOPPED, PAUSED -> {}
      case HALTED -> board.end(vcpu);
      case SHUTDOWN -> {
        output.line("VCPU %d exit_reason 8".formatted(vcpu));
        board.end(vcpu);
      }
      case COUNT -> {
        output.line("VCPU %d: too many exits".formatted(vcpu));
        board.end(vcpu);
      }
    }
  }

  private void report() {
    for (X86Cpu cpu : cpus) {
      output.line(registers(cpu));
    }
    if (slots.isLogged(0)) {
      hostOperations.getDirtyLog(0);
    }
    for (int id = 0; id < GuestSlots.COUNT; id++) {
      if (slots.isUsed(id)) {
        output.line("HASH slot %d %016x".formatted(id, hash(id)));
      }
    }
  }

  /** KVM moves RIP past an OUT when the vCPU is entered again: these are not. */
  private static String registers(X86Cpu cpu) {
    CpuState state = cpu.state();
    long[] gpr = state.gpr;
    return ("VCPU %d rip %x rax %x rbx %x rcx %x rdx %x rsi %x rdi %x rsp %x"
            + " cr0 %x cr2 %x cr3 %x cr4 %x efer %x")
        .formatted(
            cpu.index(),
            cpu.stoppedAt(),
            gpr[CpuState.RAX],
            gpr[CpuState.RBX],
            gpr[CpuState.RCX],
            gpr[CpuState.RDX],
            gpr[CpuState.RSI],
            gpr[CpuState.RDI],
            gpr[CpuState.RSP],
            state.cr0,
            state.cr2,
            state.cr3,
            state.cr4,
            state.efer);
  }

  /** FNV-1a, 64 bits. */
  private long hash(int slot) {
    long[] hash = {FNV_BASIS};
    slots.read(slot, value -> hash[0] = (hash[0] ^ value) * FNV_PRIME);
    return hash[0];
  }

  @Override
  public void close() {
    memory.close();
  }
}
