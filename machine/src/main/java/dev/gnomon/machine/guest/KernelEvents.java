package dev.gnomon.machine.guest;

import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.sync.Rendezvous;
import dev.gnomon.mmu.tlb.Requests;
import java.util.function.BooleanSupplier;

/**
 * How the vCPUs' kernels reach each other: interrupts between processors, and waiting.
 *
 * <p>Who waits does so outside guest mode, as a paravirtual guest that halts does: the MMU need not
 * wait for it. It looks again when any kernel has announced a change, and takes the interrupts that
 * have come in meanwhile; else two that wait for each other would do so forever.
 */
final class KernelEvents {
  private static final int CHANGES = 0;

  private final SharedWords words;
  private final Rendezvous rendezvous;
  private final InterruptHandler below;

  /** Those of a VM. */
  KernelEvents(Platform platform, Rendezvous rendezvous) {
    this(platform.newWords(1), rendezvous, vcpu -> {});
  }

  private KernelEvents(SharedWords words, Rendezvous rendezvous, InterruptHandler below) {
    this.words = words;
    this.rendezvous = rendezvous;
    this.below = below;
  }

  /** Those of a guest whose hypervisor has these, and takes its own interrupts first. */
  KernelEvents above(InterruptHandler hypervisor) {
    return new KernelEvents(words, rendezvous, hypervisor);
  }

  /** How many vCPUs there are. */
  int vcpus() {
    return rendezvous.vcpus();
  }

  /** Takes the interrupts of a vCPU: code of its kernel. */
  @FunctionalInterface
  interface InterruptHandler {
    void interrupts(Vcpu vcpu);
  }

  /** Interrupts another vCPU. */
  void interrupt(int vcpu) {
    rendezvous.request(vcpu, Requests.EVENT);
    announce();
  }

  /** Says that what another may wait for has changed. */
  void announce() {
    words.getAndAdd(CHANGES, 1);
  }

  /** Waits, in guest mode when it begins and ends, until something is so. */
  void await(Vcpu vcpu, BooleanSupplier isSo, InterruptHandler handler) {
    while (true) {
      long seen = words.get(CHANGES);
      below.interrupts(vcpu);
      handler.interrupts(vcpu);
      if (isSo.getAsBoolean()) {
        return;
      }
      vcpu.leaveGuest();
      vcpu.cpu().awaitChange(words, CHANGES, seen);
      vcpu.enterGuest();
    }
  }
}
