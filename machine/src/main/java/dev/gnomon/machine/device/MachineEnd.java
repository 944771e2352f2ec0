package dev.gnomon.machine.device;

import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.sync.Rendezvous;
import dev.gnomon.mmu.tlb.Requests;
import org.jspecify.annotations.Nullable;

/** Whether a machine has come to its end, and how. Any thread may ask, and bring it about. */
final class MachineEnd {
  private final Rendezvous rendezvous;

  /** An {@link Ending} as a word; 0 while the machine runs. */
  private final SharedWords word;

  MachineEnd(Platform platform, Rendezvous rendezvous) {
    this.rendezvous = rendezvous;
    word = platform.newWords(1);
  }

  /** Ends the machine, if nobody has: every vCPU leaves the guest soon, or wakes. */
  void come(Ending.Kind kind, int vcpu, long value) {
    word.compareAndExchange(0, 0, new Ending(kind, vcpu, value).word());
    for (int i = 0; i < rendezvous.vcpus(); i++) {
      rendezvous.request(i, Requests.PAUSE);
    }
  }

  boolean hasCome() {
    return word.get(0) != 0;
  }

  @Nullable Ending ending() {
    long held = word.get(0);
    return held == 0 ? null : Ending.of(held);
  }
}
