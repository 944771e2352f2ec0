package dev.gnomon.checker.report;

import dev.gnomon.checker.property.Violation;
import dev.gnomon.checker.schedule.Program;
import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.VmConfig;
import dev.gnomon.machine.processor.TlbConfig;
import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.machine.thread.Execution;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.config.DirtyLogKind;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.platform.Cpu;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** A vCPU writes a page of a dirty-logged slot while the host asks for the log. */
record LoggedWrite(DirtyLogKind kind, BiConsumer<VirtualMachine, List<Vcpu>> observer)
    implements Program {
  private static final TlbConfig SMALL_TLB = new TlbConfig(4, 2, 2, 2, 2, 2, 2);

  @Override
  public @Nullable Violation run(Execution execution) {
    MmuConfig mmu =
        MmuConfig.of(TdpKind.EPT, 1)
            .withDirtyLog(kind)
            .withRingEntries(MmuConfig.MINIMUM_RING_ENTRIES)
            .withLargestLevel(1);
    VmConfig config = new VmConfig(mmu, VmConfig.MINIMUM_MEMORY, 1, SMALL_TLB);
    VirtualMachine vm =
        new VirtualMachine(
            execution, new TestSwap(execution.platform().memory()), config, Rules.DEFAULTS);
    Vcpu vcpu = vm.newVcpu(0, (each, gva, code) -> {});
    Cpu host = vm.hostCpu(0);
    vm.mmu().slotChanges().startDirtyLog(host, VirtualMachine.LOW_SLOT);

    observer.accept(vm, List.of(vcpu));
    execution.start(
        0,
        "vcpu 0",
        cpu -> {
          vcpu.enterGuest();
          vcpu.writeLong(LostWrite.GPA, 1);
          vcpu.leaveGuest();
        });
    execution.start(host.index(), "host 0", cpu -> takeLog(vm, cpu));
    execution.join();
    return null;
  }

  private void takeLog(VirtualMachine vm, Cpu cpu) {
    if (kind == DirtyLogKind.RING) {
      vm.mmu().dirtyLog().harvest(cpu, (slot, offset) -> {});
    } else {
      vm.mmu().dirtyLog().get(cpu, VirtualMachine.LOW_SLOT, new long[8]);
    }
  }
}
