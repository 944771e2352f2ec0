package dev.gnomon.mmu.testing;

import dev.gnomon.mmu.config.DirtyLogKind;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.TdpKind;
import java.util.stream.Stream;

/** The set-ups that most tests start from: one vCPU, small rings, no NX mitigation, no tracking. */
public final class Configs {
  private Configs() {}

  /** EPT with A/D bits. */
  public static MmuConfig ept() {
    return small(TdpKind.EPT);
  }

  /** EPT without A/D bits. */
  public static MmuConfig eptWithoutAd() {
    return small(TdpKind.EPT).withAccessedDirty(false);
  }

  /** EPT with A/D bits and PML. */
  public static MmuConfig pml() {
    return ept().withDirtyLog(DirtyLogKind.PML);
  }

  /** NPT. */
  public static MmuConfig npt() {
    return small(TdpKind.NPT);
  }

  /** The three formats of entries. */
  public static Stream<MmuConfig> formats() {
    return Stream.of(ept(), eptWithoutAd(), npt());
  }

  /** The three formats with the processor's log, and PML. */
  public static Stream<MmuConfig> formatsAndPml() {
    return Stream.concat(formats(), Stream.of(pml()));
  }

  private static MmuConfig small(TdpKind kind) {
    return MmuConfig.of(kind, 1)
        .withLargestLevel(2)
        .withRingEntries(MmuConfig.MINIMUM_RING_ENTRIES)
        .withEagerSplit(false);
  }
}
