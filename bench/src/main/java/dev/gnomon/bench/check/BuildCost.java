package dev.gnomon.bench.check;

import dev.gnomon.checker.schedule.Exploration;
import dev.gnomon.checker.schedule.Result;
import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.VmConfig;
import dev.gnomon.machine.memory.SwapSpace;
import dev.gnomon.machine.processor.TlbConfig;
import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.machine.thread.Execution;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.TdpKind;

/**
 * What it costs to build an MMU with its VM for one execution, and to prepare it: tables of 8
 * entries, one vCPU, 8 pages, of which one is written, which makes its tables.
 *
 * <p>Measured as the explorer meets it: an execution that is prepared so, and in which then nothing
 * happens but one choice among many, which makes as many executions.
 */
public final class BuildCost {
  private static final int PERIODS = 5;
  private static final int EXECUTIONS = 20_000;
  private static final int TABLE_ENTRIES = 8;
  private static final int FRAMES = 64;
  private static final VmConfig SMALL =
      new VmConfig(
          MmuConfig.of(TdpKind.EPT, 1).withTableEntries(TABLE_ENTRIES),
          TABLE_ENTRIES << 12,
          1,
          new TlbConfig(1, 1, 1, 1, 1, 1, 1));

  private BuildCost() {}

  /** In microseconds of processor time, by the best of a few periods. */
  public static double measure() {
    double best = Double.MAX_VALUE;
    for (int i = 0; i <= PERIODS; i++) {
      best = Math.min(best, micros());
    }
    return best;
  }

  private static double micros() {
    long start = ProcessorTime.nanos();
    Result result =
        Exploration.of(
                execution -> {
                  prepare(execution);
                  choose(execution);
                  return null;
                })
            .cpus(1 + VirtualMachine.HOST_CPUS)
            .framesPerCpu(FRAMES)
            .races(false)
            .explore();
    long elapsed = ProcessorTime.nanos() - start;
    if (result.executions() != EXECUTIONS) {
      throw new IllegalStateException(result.executions() + " executions, not " + EXECUTIONS);
    }
    return elapsed / 1e3 / EXECUTIONS;
  }

  private static void prepare(Execution execution) {
    VirtualMachine vm = new VirtualMachine(execution, SwapSpace.NONE, SMALL, Rules.DEFAULTS);
    Vcpu vcpu = vm.newVcpu(0, BuildCost::refuseGuestFault);
    vcpu.enterGuest();
    vcpu.writeLong(1 << 12, 1);
    vcpu.leaveGuest();
  }

  private static void refuseGuestFault(Vcpu vcpu, long gva, long code) {
    throw new IllegalStateException(
        "a guest without paging had a page fault at " + Long.toHexString(gva));
  }

  /** Only bodies that run at once have choices. */
  private static void choose(Execution execution) {
    execution.start(0, "chooser", cpu -> cpu.choose(EXECUTIONS));
    execution.start(1, "other", cpu -> {});
    execution.join();
  }
}
