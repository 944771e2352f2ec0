package dev.gnomon.machine.device;

import dev.gnomon.machine.Mmio;
import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.image.BootModule;
import dev.gnomon.machine.image.GuestImage;
import dev.gnomon.machine.image.ImageLoader;
import dev.gnomon.machine.x86.CpuFeatures;
import dev.gnomon.machine.x86.CpuState;
import dev.gnomon.machine.x86.PageFaultRaiser;
import dev.gnomon.machine.x86.StopReason;
import dev.gnomon.machine.x86.X86Cpu;
import dev.gnomon.mmu.platform.Cpu;
import java.util.List;

/**
 * A PC that boots: a VM, its board, and vCPUs that execute machine code. Made, and {@link #boot
 * booted}, while none of them runs; then each vCPU's CPU calls {@link #run}, or one calls {@link
 * #runSome} for all in turn.
 */
public final class PcMachine {
  private final VirtualMachine vm;
  private final Pc pc;
  private final X86Cpu[] cpus;

  /** Puts a PC together around a VM. */
  public PcMachine(
      VirtualMachine vm,
      PcConfig config,
      CpuFeatures features,
      TimeSource time,
      Console console,
      PcListener listener) {
    this.vm = vm;
    pc =
        new Pc(
            config,
            vm.execution().platform(),
            vm.execution().synchronization(),
            vm.mmu().rendezvous(),
            time,
            console,
            listener);
    cpus = new X86Cpu[config.vcpus()];
    Mmio mmio = new BoardMmio();
    for (int i = 0; i < cpus.length; i++) {
      CpuState state = CpuState.reset();
      state.apicBase = pc.seat(i).apic.base();
      cpus[i] = new X86Cpu(vm.newVcpu(i, new PageFaultRaiser(), mmio), state, features, pc);
    }
  }

  /** What no slot holds lies on the board. */
  private final class BoardMmio implements Mmio {
    @Override
    public long read(Cpu cpu, long gpa, int size) {
      return pc.mmioRead(cpus[cpu.index()], gpa, size);
    }

    @Override
    public void write(Cpu cpu, long gpa, int size, long value) {
      pc.mmioWrite(cpus[cpu.index()], gpa, size, value);
    }
  }

  /**
   * Places an image, and has the boot processor start there.
   *
   * @throws dev.gnomon.machine.InputException if the image does not fit
   */
  public void boot(GuestImage image, String commandLine, List<BootModule> modules) {
    long information = new ImageLoader(vm).load(image, commandLine, modules);
    StartState.of(cpus[0].state(), image, information);
    cpus[0].modeChanged();
  }

  /** The board. */
  public Pc pc() {
    return pc;
  }

  /** The VM. */
  public VirtualMachine vm() {
    return vm;
  }

  /** How many vCPUs there are. */
  public int vcpus() {
    return cpus.length;
  }

  /** A vCPU; its registers while it does not run. */
  public X86Cpu cpu(int vcpu) {
    return cpus[vcpu];
  }

  /** Instructions that all vCPUs have executed, while none runs. */
  public long instructions() {
    long sum = 0;
    for (X86Cpu cpu : cpus) {
      sum += cpu.instructions();
    }
    return sum;
  }

  /** Runs a vCPU until the machine has ended. By the vCPU's CPU. */
  public void run(int vcpu) {
    X86Cpu cpu = cpus[vcpu];
    while (pc.await(cpu)) {
      execute(cpu, Long.MAX_VALUE);
    }
    cpu.vcpu().shutDown();
  }

  /**
   * Runs a vCPU for some instructions, if it has anything to do.
   *
   * @return whether it had
   */
  public boolean runSome(int vcpu, long instructions) {
    X86Cpu cpu = cpus[vcpu];
    cpu.vcpu().lookAtRequests();
    if (pc.hasEnded() || !pc.settle(cpu)) {
      return false;
    }
    execute(cpu, instructions);
    return true;
  }

  private void execute(X86Cpu cpu, long instructions) {
    if (cpu.run(instructions) == StopReason.SHUTDOWN) {
      pc.end(Ending.Kind.SHUTDOWN, cpu.index(), 0);
    }
  }

  /** Gives everything of the guest's back. None of the vCPUs runs any more. */
  public void shutDown() {
    for (X86Cpu cpu : cpus) {
      cpu.vcpu().shutDown();
    }
  }
}
