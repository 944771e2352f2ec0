package dev.gnomon.bench.host;

import dev.gnomon.bench.rig.Rig;
import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.config.TdpKind;

/**
 * How leaves were written under the MMU lock for writing, by the same work under a rule: the log is
 * switched on, a part of memory is written in each of some rounds, and all is unmapped.
 *
 * @param atomic by a locked instruction
 * @param plain by a plain store
 */
public record SpteWrites(long atomic, long plain) {
  private static final long BYTES = 128L << 20;
  private static final int ROUNDS = 8;

  /** Does the work under a value of the rule {@code volatile}. */
  public static SpteWrites count(String volatileRule) {
    Rules rules = Rules.DEFAULTS.with(Rules.VOLATILE, volatileRule).orElseThrow();
    try (Rig rig = new Rig(MmuConfig.of(TdpKind.EPT, 1), BYTES, 1, rules)) {
      VirtualMachine vm = rig.vm();
      rig.mapAll();
      vm.mmu().slotChanges().startDirtyLog(rig.hostCpu(), VirtualMachine.LOW_SLOT);
      long[] bitmap = new long[(int) (BYTES / 4096 / Long.SIZE)];
      for (int round = 1; round <= ROUNDS; round++) {
        writeEvery(rig.vcpu(0), round);
        vm.mmu().dirtyLog().get(rig.hostCpu(), VirtualMachine.LOW_SLOT, bitmap);
      }
      rig.unmapAll();
      return new SpteWrites(
          vm.mmu().statistics().sum(Stat.SPTE_ATOMIC_WRITES),
          vm.mmu().statistics().sum(Stat.SPTE_PLAIN_WRITES));
    }
  }

  private static void writeEvery(Vcpu vcpu, int pages) {
    vcpu.enterGuest();
    for (long gpa = 0; gpa < BYTES; gpa += 4096L * pages) {
      vcpu.writeLong(gpa, gpa);
    }
    vcpu.leaveGuest();
  }

  /** The part of all writes that was atomic. */
  public double atomicShare() {
    return (double) atomic / (atomic + plain);
  }
}
