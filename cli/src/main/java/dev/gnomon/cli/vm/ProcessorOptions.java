package dev.gnomon.cli.vm;

import dev.gnomon.cli.usage.Choice;
import dev.gnomon.machine.InputException;
import dev.gnomon.mmu.config.DirtyLogKind;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.TdpKind;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which processor's MMU. */
public final class ProcessorOptions {
  /** Whose processor. */
  @Option(
      names = "--cpu",
      paramLabel = "intel|amd",
      converter = Choices.Processor.class,
      description = "Whose processor: intel has EPT, amd has NPT (default: intel).")
  public TdpKind cpu = TdpKind.EPT;

  @Option(
      names = "--mmu",
      paramLabel = "tdp",
      converter = Choices.WhichMmu.class,
      description = "Which MMU: tdp, two-dimensional paging (default; the shadow MMU is to come).")
  String mmu = "tdp";

  @Option(
      names = "--ad",
      paramLabel = "on|off",
      converter = Choice.OnOff.class,
      description = "EPT's accessed and dirty bits (default: on).")
  Choice.Feature accessedDirty = Choice.Feature.ON;

  @Option(
      names = "--levels",
      paramLabel = "4|5",
      converter = Choices.Levels.class,
      description = "Levels of page tables, the guest's and the MMU's (default: 4).")
  int levels = 4;

  /** All at their defaults. */
  public ProcessorOptions() {}

  /**
   * Checks that they fit together, and with the dirty log.
   *
   * @throws InputException if not
   */
  public void check(@Nullable DirtyLogChoice dirtyLog) {
    if (cpu == TdpKind.NPT) {
      if (accessedDirty != Choice.Feature.ON) {
        throw new InputException(
            "--cpu amd does not go with --ad off: NPT always has accessed and dirty bits");
      }
      if (dirtyLog == DirtyLogChoice.PML) {
        throw new InputException(
            "--cpu amd does not go with --dirty-log pml: page-modification logging is Intel's");
      }
    }
  }

  /** The MMU of so many vCPUs. */
  public MmuConfig mmu(int vcpus, int largestLevel, DirtyLogChoice dirtyLog) {
    return MmuConfig.of(cpu, vcpus)
        .withAccessedDirty(accessedDirty == Choice.Feature.ON)
        .withLevels(levels)
        .withLargestLevel(largestLevel)
        .withDirtyLog(dirtyLog.kind().orElse(DirtyLogKind.BITMAP));
  }
}
