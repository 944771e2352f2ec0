package dev.gnomon.machine.guest;

import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.mmu.platform.Cpu;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What a vCPU does all the time: it takes a process, runs it for a time slice, and puts it back.
 *
 * <p>Between portions of a slice it takes the interrupts of other vCPUs' kernels and looks at the
 * VMM's wishes. A child is run to its end whatever the VMM wishes; its accesses are not the
 * traces', and are not counted.
 */
final class Slices {
  /** Records that are played between two looks at interrupts. */
  private static final int PORTION = 64;

  /** Records that a child plays in a slice. */
  private static final int CHILD_SLICE = 256;

  private final VirtualMachine vm;
  private final @Nullable Hypervisor hypervisor;
  private final GuestKernel kernel;
  private final RunQueue queue;
  private final SharedPages sharedPages;
  private final Chores chores;

  /** What children that have ended had verified, of each vCPU; by its CPU. */
  private final Guest.VerifyResult[] buried;

  Slices(
      VirtualMachine vm,
      @Nullable Hypervisor hypervisor,
      GuestKernel kernel,
      RunQueue queue,
      SharedPages sharedPages,
      Chores chores) {
    this.vm = vm;
    this.hypervisor = hypervisor;
    this.kernel = kernel;
    this.queue = queue;
    this.sharedPages = sharedPages;
    this.chores = chores;
    buried = new Guest.VerifyResult[vm.config().mmu().vcpus()];
    Arrays.fill(buried, Guest.VerifyResult.NOTHING);
  }

  /** Runs processes on a vCPU until all are finished, or the VMM wants the vCPU. */
  void run(Cpu cpu, Vcpu vcpu) {
    long accesses = queue.accesses(vcpu.index());
    GuestProcess process;
    while ((process = next(cpu, vcpu)) != null) {
      if (process.isChild()) {
        runChild(vcpu, process);
      } else {
        accesses = runSlice(cpu, vcpu, process, accesses);
      }
      queue.putBack(cpu, process);
    }
    vcpu.shutDown();
    queue.stopped();
  }

  /** The next process, or null when there is nothing left to do here. Outside guest mode. */
  private @Nullable GuestProcess next(Cpu cpu, Vcpu vcpu) {
    vm.execution().checkStopped();
    return queue.take(
        cpu,
        vcpu.index(),
        () -> {
          vcpu.lookAtRequests();
          return vcpu.isPauseRequested();
        });
  }

  private long runSlice(Cpu cpu, Vcpu vcpu, GuestProcess process, long accessesBefore) {
    long accesses = accessesBefore;
    long end = accesses + queue.sliceLength(vcpu.index());
    if (!process.hasRecords()) {
      process.refill();
    }
    process.beginSlice();
    boolean mayFork = !queue.hasChild(cpu, process);
    vcpu.enterGuest();
    enterL2(vcpu, process);
    kernel.switchTo(vcpu, process);
    sharedPages.exercise(vcpu, process.id(), process.verifier());
    doChores(cpu, vcpu, process, mayFork);
    int other = 0;
    while (accesses < end && !process.isFinished() && !vcpu.isPauseRequested()) {
      accesses += process.play(vcpu, (int) Math.min(PORTION, end - accesses));
      queue.publish(vcpu.index(), accesses);
      kernel.interrupts(vcpu);
      if (chores.movesPages()) {
        // So that it has cached what another vCPU's kernel moves away.
        other = (other + 1) % sharedPages.processes();
        sharedPages.exercise(vcpu, process.id(), other, process.verifier());
      }
      if (!process.hasRecords()) {
        vcpu.leaveGuest();
        process.refill();
        vcpu.enterGuest();
      }
    }
    kernel.endSlice(vcpu);
    exitL2(vcpu);
    vcpu.leaveGuest();
    return accesses;
  }

  /** The hypervisor, if there is one, does what it does, and runs the kernel. */
  private void enterL2(Vcpu vcpu, GuestProcess process) {
    if (hypervisor != null) {
      hypervisor.perform(vcpu, (long) process.id() << 40 ^ process.slices());
      hypervisor.enter(vcpu, kernel.registers());
    }
  }

  private void exitL2(Vcpu vcpu) {
    if (hypervisor != null) {
      hypervisor.exit(vcpu);
    }
  }

  private void doChores(Cpu cpu, Vcpu vcpu, GuestProcess process, boolean mayFork) {
    if (vcpu.isPauseRequested()) {
      return;
    }
    vcpu.setUser(false);
    GuestProcess child = chores.perform(vcpu, process, mayFork);
    vcpu.setUser(true);
    if (child != null) {
      vcpu.leaveGuest();
      queue.addChild(cpu, child);
      vcpu.enterGuest();
    }
  }

  private void runChild(Vcpu vcpu, GuestProcess child) {
    vcpu.enterGuest();
    enterL2(vcpu, child);
    kernel.load(vcpu, child);
    vcpu.setUser(true);
    for (int played = 0; played < CHILD_SLICE && child.hasRecords(); played += PORTION) {
      child.play(vcpu, PORTION);
      kernel.interrupts(vcpu);
    }
    if (!child.hasRecords()) {
      chores.lastLook(vcpu, child);
      child.refill();
    }
    vcpu.setUser(false);
    kernel.unload(vcpu);
    if (child.isFinished()) {
      chores.bury(vcpu, child);
      bury(vcpu.index(), child);
    }
    exitL2(vcpu);
    vcpu.leaveGuest();
  }

  private void bury(int vcpu, GuestProcess child) {
    Verifier verifier = child.verifier();
    if (verifier != null) {
      buried[vcpu] = buried[vcpu].and(verifier.result());
    }
  }

  /** What children that have ended had verified. While no vCPU runs; counts once. */
  Guest.VerifyResult takeBuried() {
    Guest.VerifyResult all = Guest.VerifyResult.NOTHING;
    for (int i = 0; i < buried.length; i++) {
      all = all.and(buried[i]);
      buried[i] = Guest.VerifyResult.NOTHING;
    }
    return all;
  }
}
