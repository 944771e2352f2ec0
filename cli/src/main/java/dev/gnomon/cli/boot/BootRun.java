package dev.gnomon.cli.boot;

import dev.gnomon.cli.event.EventTrace;
import dev.gnomon.cli.usage.Interruption;
import dev.gnomon.cli.vm.DirtyLogChoice;
import dev.gnomon.cli.vm.HostMachine;
import dev.gnomon.cli.vm.LogReader;
import dev.gnomon.cli.vm.ReclaimDriver;
import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.device.Ending;
import dev.gnomon.machine.device.Pc;
import dev.gnomon.machine.device.PcConfig;
import dev.gnomon.machine.device.PcMachine;
import dev.gnomon.machine.device.TimeSource;
import dev.gnomon.machine.device.Turns;
import dev.gnomon.machine.thread.Execution;
import dev.gnomon.machine.x86.CpuFeature;
import dev.gnomon.machine.x86.X86Cpu;
import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.platform.Cpu;
import java.io.InputStream;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Runs a plan: one machine, from the image's first instruction to its end. */
final class BootRun {
  private static final int RECLAIM_CPU = 1;
  private static final int LOG_CPU = 2;
  private static final double NANOS = 1e9;

  private final BootPlan plan;
  private final StandardConsole console;
  private final PrintWriter err;
  private final Interruption interruption;
  private final EventTrace trace;

  BootRun(
      BootPlan plan,
      PrintWriter out,
      InputStream in,
      PrintWriter err,
      Interruption interruption,
      EventTrace trace) {
    this.plan = plan;
    console = new StandardConsole(out, in);
    this.err = err;
    this.interruption = interruption;
    this.trace = trace;
  }

  /**
   * Runs. Once.
   *
   * @throws dev.gnomon.machine.InputException if the image does not fit, or resources run out
   * @throws dev.gnomon.machine.thread.CpuFailureException if a CPU failed
   */
  BootResult run() {
    try (HostMachine host =
        new HostMachine(plan.vm(), plan.rules(), plan.reclaimPercent() != null, trace)) {
      if (plan.isInTurn()) {
        Turns turns = new Turns(plan.vm().mmu().vcpus(), plan.quantum());
        PcMachine machine = machine(host, turns);
        return run(host, machine, () -> start(host, 0, "vCPUs in turn", cpu -> turns.run(machine)));
      }
      try (RealTime time = new RealTime(plan.vm().mmu().vcpus())) {
        PcMachine machine = machine(host, time);
        return run(
            host,
            machine,
            () -> {
              time.begin(machine.pc()::alarm);
              for (int i = 0; i < machine.vcpus(); i++) {
                int vcpu = i;
                start(host, vcpu, "vCPU " + vcpu, cpu -> machine.run(vcpu));
              }
            });
      }
    } finally {
      console.flush();
    }
  }

  private PcMachine machine(HostMachine host, TimeSource time) {
    PcConfig config =
        new PcConfig(
            plan.vm().mmu().vcpus(),
            host.vm().memoryMap(),
            plan.features().has(CpuFeature.X2APIC),
            plan.features().has(CpuFeature.TSC_DEADLINE),
            plan.features().physicalAddressBits(),
            !plan.isInTurn());
    PcMachine machine =
        new PcMachine(
            host.vm(), config, plan.features(), time, console, new Oddities(plan.unclaimed(), err));
    host.trace().setInstructionPointers(vcpu -> machine.cpu(vcpu).state().rip);
    machine.boot(plan.image(), plan.commandLine(), plan.modules());
    return machine;
  }

  private static void start(HostMachine host, int cpu, String name, Consumer<Cpu> body) {
    host.execution().start(cpu, name, body);
  }

  private BootResult run(HostMachine host, PcMachine machine, Runnable begin) {
    Execution execution = host.execution();
    Pc pc = machine.pc();
    interruption.onRequest(pc::stop);
    LogReader reader = new LogReader(host.vm(), pc::hasEnded);
    if (plan.dirtyLog() != DirtyLogChoice.OFF) {
      startOnHost(host.vm(), LOG_CPU, "dirty log", reader::run);
    }
    Integer percent = plan.reclaimPercent();
    if (percent != null) {
      startOnHost(
          host.vm(),
          RECLAIM_CPU,
          "reclaim",
          new ReclaimDriver(host.vm(), pc::hasEnded, percent)::run);
    }
    long start = System.nanoTime();
    boolean hasTimedOut;
    try (BootWatch watch = new BootWatch(execution, pc, console, plan.timeoutSeconds())) {
      watch.begin();
      begin.run();
      execution.join();
      hasTimedOut = watch.hasTimedOut();
    }
    return conclude(machine, (System.nanoTime() - start) / NANOS, hasTimedOut);
  }

  private static void startOnHost(VirtualMachine vm, int which, String name, Consumer<Cpu> body) {
    vm.execution().start(vm.hostCpu(which).index(), name, body);
  }

  private static String shutdown(X86Cpu cpu) {
    String code = cpu.shutdownCode();
    return cpu.shutdownReason() + (code.isEmpty() ? "" : "; code at RIP: " + code);
  }

  private BootResult conclude(PcMachine machine, double seconds, boolean hasTimedOut) {
    VirtualMachine vm = machine.vm();
    Map<Stat, Long> stats = new EnumMap<>(Stat.class);
    for (Stat stat : Stat.values()) {
      stats.put(stat, vm.mmu().statistics().sum(stat));
    }
    List<String> processors = new ArrayList<>();
    List<Long> instructions = new ArrayList<>();
    for (int i = 0; i < machine.vcpus(); i++) {
      X86Cpu cpu = machine.cpu(i);
      processors.add(ProcessorLine.of(cpu));
      instructions.add(cpu.instructions());
    }
    Ending ending = machine.pc().ending();
    if (ending == null) {
      throw new IllegalStateException("no vCPU runs, and the machine has not ended");
    }
    return new BootResult(
        plan,
        ending,
        hasTimedOut
            ? BootResult.Cause.TIMEOUT
            : interruption.isRequested() ? BootResult.Cause.INTERRUPTED : BootResult.Cause.NONE,
        shutdown(machine.cpu(ending.vcpu())),
        processors,
        instructions,
        seconds,
        stats,
        vm.mmu().audit(vm.hostCpu(0)).stream().map(line -> "audit: " + line).toList());
  }
}
