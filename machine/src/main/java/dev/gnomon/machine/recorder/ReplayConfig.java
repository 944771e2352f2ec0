package dev.gnomon.machine.recorder;

import dev.gnomon.machine.VmConfig;
import dev.gnomon.machine.processor.TlbConfig;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.config.DirtyLogKind;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.TdpKind;

/**
 * The MMU under which a guest of the recorder's machine runs.
 *
 * @param mmu for one vCPU and a bitmap; a run's own numbers take the place of its
 * @param rules of the kernel
 */
public record ReplayConfig(MmuConfig mmu, Rules rules) {
  /** MAXPHYADDR of the recordings' processor. */
  private static final int PHYSICAL_ADDRESS_BITS = 40;

  /** The MMU of a host on which recordings were made. */
  static ReplayConfig of(RecordedHost host, Rules rules) {
    MmuConfig mmu = MmuConfig.of(TdpKind.NPT, 1).withPhysicalAddressBits(PHYSICAL_ADDRESS_BITS);
    return new ReplayConfig(mmu, rules);
  }

  /** The VM of a run. */
  VmConfig vm(RecordedRun run) {
    MmuConfig config = mmu.withVcpus(run.vcpus());
    if (run.ringEntries() != 0) {
      config = config.withDirtyLog(DirtyLogKind.RING).withRingEntries(run.ringEntries());
    }
    int level = run.hasHostLargePages() ? PageLevel.LEVEL_2M : PageLevel.LEVEL_4K;
    return new VmConfig(config, run.memoryBytes(), level, TlbConfig.DEFAULT);
  }
}
