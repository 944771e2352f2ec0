package dev.gnomon.checker.report;

import dev.gnomon.checker.property.Property;
import dev.gnomon.checker.property.Violation;
import dev.gnomon.checker.schedule.Program;
import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.VmConfig;
import dev.gnomon.machine.processor.TlbConfig;
import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.machine.thread.Execution;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.spte.PfnDirty;
import dev.gnomon.mmu.spte.TdpWrite;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A vCPU writes a page while the host takes it away, under {@code tdp-write=plain}: the real
 * machine, to be explored.
 */
final class LostWrite implements Program {
  static final Rules RULES =
      Rules.DEFAULTS.with(Rules.PFN_DIRTY, PfnDirty.ON_CLEAR).with(Rules.TDP_WRITE, TdpWrite.PLAIN);

  static final long GPA = 0x100000;
  private static final TlbConfig SMALL_TLB = new TlbConfig(4, 2, 2, 2, 2, 2, 2);

  private final BiConsumer<VirtualMachine, List<Vcpu>> observer;

  /** The observer is told of the machine when it is prepared. */
  LostWrite(BiConsumer<VirtualMachine, List<Vcpu>> observer) {
    this.observer = observer;
  }

  @Override
  public @Nullable Violation run(Execution execution) {
    MmuConfig mmu = MmuConfig.of(TdpKind.EPT, 1).withAccessedDirty(false).withLargestLevel(1);
    VmConfig config = new VmConfig(mmu, VmConfig.MINIMUM_MEMORY, 1, SMALL_TLB);
    VirtualMachine vm =
        new VirtualMachine(execution, new TestSwap(execution.platform().memory()), config, RULES);
    Vcpu vcpu = vm.newVcpu(0, (each, gva, code) -> {});
    Cpu host = vm.hostCpu(0);
    long hvn = vm.baseHvn() + (GPA >>> 12);

    // Mapped with W clear, and clean.
    alone(execution, vcpu, () -> vcpu.writeLong(GPA, 7));
    vm.mmu().slotChanges().startDirtyLog(host, VirtualMachine.LOW_SLOT);
    vm.hostSpace().startWriteBack(host, hvn);
    alone(execution, vcpu, () -> vcpu.readLong(GPA));
    vm.mmu().dirtyLog().get(host, VirtualMachine.LOW_SLOT, new long[8]);
    vm.hostSpace().finishWriteBack(host, hvn);

    observer.accept(vm, List.of(vcpu));
    execution.start(0, "vcpu 0", inGuest(vcpu, () -> vcpu.writeLong(GPA, 1)));
    execution.start(host.index(), "host 0", cpu -> vm.hostSpace().evict(cpu, hvn));
    execution.join();

    long[] read = new long[1];
    alone(execution, vcpu, () -> read[0] = vcpu.readLong(GPA));
    return read[0] == 1
        ? null
        : new Violation(
            Property.NO_WRITE_LOST,
            "gpa 0x100000 holds " + read[0] + " when it comes back; the guest wrote 1");
  }

  private static void alone(Execution execution, Vcpu vcpu, Runnable body) {
    execution.start(vcpu.index(), "vcpu 0", inGuest(vcpu, body));
    execution.join();
  }

  private static Consumer<Cpu> inGuest(Vcpu vcpu, Runnable body) {
    return cpu -> {
      vcpu.enterGuest();
      body.run();
      vcpu.leaveGuest();
    };
  }
}
