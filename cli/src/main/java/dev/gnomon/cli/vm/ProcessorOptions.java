package dev.gnomon.cli.vm;

import dev.gnomon.cli.usage.ByteSize;
import dev.gnomon.cli.usage.Choice;
import dev.gnomon.machine.GuestMemoryMap;
import dev.gnomon.machine.InputException;
import dev.gnomon.mmu.config.DirtyLogKind;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.MmuKind;
import dev.gnomon.mmu.config.TdpKind;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which processor's MMU. */
public final class ProcessorOptions {
  private static final int DEFAULT_LEVELS = 4;
  private static final int LEVEL_1G = 3;

  /** Whose processor. */
  @Option(
      names = "--cpu",
      paramLabel = "intel|amd",
      converter = Choices.Processor.class,
      description = "Whose processor: intel has EPT, amd has NPT (default: intel).")
  public TdpKind cpu = TdpKind.EPT;

  @Option(
      names = "--mmu",
      paramLabel = "tdp|shadow",
      converter = Choices.WhichMmu.class,
      description =
          "Which MMU: tdp, two-dimensional paging (default); shadow, tables that shadow the"
              + " guest's, as without EPT or NPT.")
  MmuKind mmu = MmuKind.TDP;

  @Option(
      names = "--tdp-mmu",
      paramLabel = "on|off",
      converter = Choice.OnOff.class,
      description =
          "With --mmu tdp: off has the shadow MMU fill the tables, as kvm.tdp_mmu=0 does (default:"
              + " on; off on a 32-bit host).")
  Choice.@Nullable Feature tdpMmu;

  @Option(
      names = "--host-bits",
      paramLabel = "32|64",
      converter = Choices.HostBits.class,
      description = "The word size of the host; one of 32 bits has PAE tables (default: 64).")
  int hostBits = 64;

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
  @Nullable Integer levels;

  /** All at their defaults. */
  public ProcessorOptions() {}

  /** Whether the host has 32 bits. */
  public boolean isHost32() {
    return hostBits == 32;
  }

  /** Whether the guest's own tables are shadowed. */
  public boolean isShadow() {
    return mmu == MmuKind.SHADOW;
  }

  /** The levels that were asked for, or null. */
  public @Nullable Integer levels() {
    return levels;
  }

  /**
   * Checks that they fit together, and with the dirty log and the memory.
   *
   * @throws InputException if not
   */
  public void check(@Nullable DirtyLogChoice dirtyLog, MemoryOptions memory) {
    if (isShadow()) {
      checkShadow(dirtyLog);
    } else if (cpu == TdpKind.NPT) {
      require(
          accessedDirty == Choice.Feature.ON,
          "--cpu amd does not go with --ad off: NPT always has accessed and dirty bits");
      require(
          dirtyLog != DirtyLogChoice.PML,
          "--cpu amd does not go with --dirty-log pml: page-modification logging is Intel's");
    }
    if (isHost32()) {
      checkHost32(memory);
    }
  }

  private void checkShadow(@Nullable DirtyLogChoice dirtyLog) {
    require(
        tdpMmu == null,
        "--mmu shadow does not go with --tdp-mmu: there is no two-dimensional paging");
    require(
        dirtyLog != DirtyLogChoice.PML,
        "--mmu shadow does not go with --dirty-log pml: page-modification logging is part of EPT");
    require(
        accessedDirty == Choice.Feature.ON,
        "--mmu shadow does not go with --ad off: ordinary page tables always have accessed and"
            + " dirty bits");
  }

  private void checkHost32(MemoryOptions memory) {
    require(levels == null, "--host-bits 32 does not go with --levels: PAE tables have three");
    require(
        memory.hostLevel < LEVEL_1G,
        "--host-bits 32 does not go with --host-pages 1g: PAE tables map 2m at most");
    if (isShadow()) {
      return;
    }
    require(
        cpu == TdpKind.NPT,
        "--host-bits 32 with --mmu tdp needs --cpu amd: EPT's tables always have four levels");
    require(
        tdpMmu != Choice.Feature.ON,
        "--host-bits 32 does not go with --tdp-mmu on: a 32-bit host has no TDP MMU");
    require(
        memory.bytes <= GuestMemoryMap.HOLE,
        "--host-bits 32 with --mmu tdp does not go with --memory %s: PAE tables reach up to 4g, of"
                .formatted(ByteSize.text(memory.bytes))
            + " which 3g are memory");
  }

  private boolean isLegacyTdp() {
    return !isShadow() && (isHost32() || tdpMmu == Choice.Feature.OFF);
  }

  /** The MMU of so many vCPUs. */
  public MmuConfig mmu(int vcpus, int largestLevel, DirtyLogChoice dirtyLog) {
    return host(kind(vcpus))
        .withLargestLevel(largestLevel)
        .withDirtyLog(dirtyLog.kind().orElse(DirtyLogKind.BITMAP));
  }

  private MmuConfig kind(int vcpus) {
    if (isShadow()) {
      // Ordinary page tables: their entries are as NPT's.
      return MmuConfig.of(TdpKind.NPT, vcpus).withMmu(MmuKind.SHADOW);
    }
    MmuConfig tdp = MmuConfig.of(cpu, vcpus).withAccessedDirty(accessedDirty == Choice.Feature.ON);
    return isLegacyTdp() ? tdp.withMmu(MmuKind.LEGACY_TDP) : tdp;
  }

  private MmuConfig host(MmuConfig config) {
    Integer given = levels;
    return isHost32()
        ? config.withHostBits(32)
        : config.withLevels(given == null ? DEFAULT_LEVELS : given);
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new InputException(message);
    }
  }
}
