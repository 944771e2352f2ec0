package dev.gnomon.mmu.tlb;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.sync.Rendezvous;

/**
 * How one vCPU of a VM is alone in guest mode for a moment: for a locked update that no single
 * instruction of the host does.
 *
 * <p>A word holds the number of the vCPU that is alone, plus 1. It is taken by
 * compare-and-exchange, outside guest mode; then every vCPU gets a request, and all leave guest
 * mode. A vCPU that finds the request on its way in waits until the word is free or its own. If
 * another takes the word just then, it has sent its request before this one can be in guest mode
 * and not have seen it. So while the word is held nobody else is in guest mode, and nobody waits
 * for it there but for entering.
 */
public final class Exclusion {
  private static final long FREE = 0;

  private final Rendezvous rendezvous;
  private final SharedWords holder;

  public Exclusion(Platform platform, Rendezvous rendezvous) {
    this.rendezvous = rendezvous;
    holder = platform.newWords(SharedWords.STRIDE);
  }

  /** Waits until the vCPU may be alone, and all others have left guest mode. Outside guest mode. */
  public void begin(Cpu cpu, int vcpu) {
    while (holder.compareAndExchange(0, FREE, vcpu + 1) != FREE) {
      awaitTurn(cpu, vcpu);
    }
    rendezvous.requestAllAndWait(cpu, Requests.EXCLUSION);
  }

  /** Lets the others in again. */
  public void end() {
    holder.set(0, FREE);
  }

  /** Waits while another vCPU is alone. For who found {@link Requests#EXCLUSION}, outside. */
  public void awaitTurn(Cpu cpu, int vcpu) {
    long seen = holder.get(0);
    while (seen != FREE && seen != vcpu + 1) {
      cpu.awaitChange(holder, 0, seen);
      seen = holder.get(0);
    }
  }
}
