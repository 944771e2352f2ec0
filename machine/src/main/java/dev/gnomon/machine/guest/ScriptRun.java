package dev.gnomon.machine.guest;

import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.mmu.Mmu;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs a {@link Script} in a VM, on whatever back end its execution has: every vCPU and the host at
 * once, then the section {@code finally}.
 */
public final class ScriptRun {
  private final VirtualMachine vm;
  private final Script script;

  /** By CPU, and written by it alone. */
  private final List<List<String>> violations = new ArrayList<>();

  /** A run that has not begun. The VM has as many vCPUs as the script, and has run nothing. */
  public ScriptRun(VirtualMachine vm, Script script) {
    this.vm = vm;
    this.script = script;
    for (int i = 0; i < vm.execution().platform().cpus(); i++) {
      violations.add(new ArrayList<>());
    }
  }

  /**
   * Runs it. Takes the calling thread.
   *
   * @return a line for each expectation that was not met, and for each finding of the audit
   */
  public List<String> run() {
    for (int i = 0; i < script.vcpus(); i++) {
      startVcpu(i, script.ofVcpu(i));
    }
    Cpu host = vm.hostCpu(0);
    vm.execution().start(host.index(), Script.HOST, this::runHost);
    vm.execution().join();
    startVcpu(0, script.section(Script.FINALLY));
    vm.execution().join();
    List<String> all = new ArrayList<>();
    violations.forEach(all::addAll);
    all.addAll(vm.mmu().audit(host));
    return all;
  }

  private void startVcpu(int index, List<Script.Operation> operations) {
    Vcpu vcpu =
        vm.newVcpu(
            index,
            (faulting, gva, code) -> {
              throw new IllegalStateException("a guest page fault without guest paging");
            });
    vm.execution()
        .start(
            index,
            "vcpu" + index,
            cpu -> {
              vcpu.enterGuest();
              operations.forEach(operation -> execute(vcpu, operation));
              vcpu.leaveGuest();
              vcpu.shutDown();
            });
  }

  private void execute(Vcpu vcpu, Script.Operation operation) {
    long gpa = operation.address();
    switch (operation.verb()) {
      case READ -> {
        long found = vcpu.readLong(gpa);
        Long expected = operation.expected();
        if (expected != null && expected != found) {
          violations
              .get(vcpu.index())
              .add("line %d: expected %#x, found %#x".formatted(operation.line(), expected, found));
        }
      }
      case WRITE -> vcpu.writeLong(gpa, operation.value());
      case ADD -> vcpu.fetchAndAdd(gpa, operation.value());
      default -> throw new IllegalStateException(operation + " is not a guest's");
    }
  }

  private void runHost(Cpu cpu) {
    Mmu mmu = vm.mmu();
    long[] bitmap = new long[(int) (vm.memoryMap().frames() + 63) / 64];
    for (Script.Operation operation : script.section(Script.HOST)) {
      long gfn = PhysicalMemory.pfn(operation.address());
      long hvn = vm.baseHvn() + gfn;
      switch (operation.verb()) {
        case EVICT -> vm.hostSpace().evict(cpu, hvn);
        case WRITE_BACK -> vm.hostSpace().writeBack(cpu, hvn);
        case MIGRATE -> vm.hostSpace().migratePage(cpu, hvn);
        case AGE -> mmu.notifier().clearYoung(cpu, hvn, hvn + 1);
        case TRACK -> mmu.writeTrack(cpu, gfn);
        case UNTRACK -> mmu.writeUntrack(cpu, gfn);
        case LOG_ON -> mmu.slotChanges().startDirtyLog(cpu, VirtualMachine.LOW_SLOT);
        case LOG_OFF -> mmu.slotChanges().stopDirtyLog(cpu, VirtualMachine.LOW_SLOT);
        case LOG_GET -> mmu.dirtyLog().get(cpu, VirtualMachine.LOW_SLOT, bitmap);
        case ZAP_ALL -> mmu.slotChanges().zapAllFast(cpu);
        default -> throw new IllegalStateException(operation + " is not a host's");
      }
    }
  }
}
