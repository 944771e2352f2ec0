package dev.gnomon.machine.recorder;

import dev.gnomon.machine.InputException;
import dev.gnomon.machine.VmConfig;
import dev.gnomon.machine.processor.ProcessorModel;
import dev.gnomon.machine.processor.TlbConfig;
import dev.gnomon.mmu.KernelPreset;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.config.DirtyLogKind;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.MmuKind;
import dev.gnomon.mmu.config.TdpKind;

/**
 * The MMU under which a guest of the recorder's machine runs.
 *
 * @param mmu for one vCPU and a bitmap; a run's own numbers take the place of its
 * @param rules of the kernel
 * @param processor what the processor does where the manuals allow either
 */
public record ReplayConfig(MmuConfig mmu, Rules rules, ProcessorModel processor) {
  /** MAXPHYADDR of the recordings' processor. */
  private static final int PHYSICAL_ADDRESS_BITS = 40;

  /**
   * The configuration of a host on which recordings were made.
   *
   * @throws InputException if that kernel's rules, or that host's MMU, cannot be had
   */
  static ReplayConfig of(RecordedHost host) {
    MmuConfig npt = MmuConfig.of(TdpKind.NPT, 1).withPhysicalAddressBits(PHYSICAL_ADDRESS_BITS);
    MmuConfig mmu =
        switch (host.mmu()) {
          case NPT -> host.bits() == 32 ? npt.withMmu(MmuKind.LEGACY_TDP) : npt;
          case EPT_NOAD -> npt.withBareEptLayout();
          case NPT_LEGACY -> npt.withMmu(MmuKind.LEGACY_TDP);
          case SHADOW -> npt.withMmu(MmuKind.SHADOW);
        };
    if (host.bits() == 32 && mmu.mmu() == MmuKind.TDP) {
      throw new InputException(host.label() + " cannot be: a 32-bit host has no TDP MMU");
    }
    mmu = mmu.withHostBits(host.bits());
    return new ReplayConfig(mmu, rules(host), ProcessorModel.RECORDED);
  }

  private static Rules rules(RecordedHost host) {
    KernelPreset preset =
        KernelPreset.find(host.kernel())
            .orElseThrow(
                () ->
                    new InputException(
                        "no rules of a kernel %s (%s)"
                            .formatted(host.kernel(), String.join(", ", KernelPreset.labels()))));
    try {
      return preset.rules();
    } catch (IllegalArgumentException e) {
      throw new InputException(e.getMessage());
    }
  }

  /** The VM of a run. */
  VmConfig vm(RecordedRun run) {
    MmuConfig config = mmu.withVcpus(run.vcpus());
    if (run.ringEntries() != 0) {
      config = config.withDirtyLog(DirtyLogKind.RING).withRingEntries(run.ringEntries());
    }
    int level = run.hasHostLargePages() ? PageLevel.LEVEL_2M : PageLevel.LEVEL_4K;
    return new VmConfig(config, run.memoryBytes(), level, TlbConfig.DEFAULT, processor);
  }
}
