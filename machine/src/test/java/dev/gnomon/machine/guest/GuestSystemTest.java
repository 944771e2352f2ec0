package dev.gnomon.machine.guest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.MmuKind;
import dev.gnomon.mmu.config.TdpKind;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole guests whose operating system does more than give pages: nothing of it may lose a byte. */
class GuestSystemTest {
  private static final int RECORDS = 3_000;
  private static final int SLICE = 200;
  private static final long SEED = 11;

  private static final Set<GuestFeature> ALL = EnumSet.allOf(GuestFeature.class);

  private static GuestConfig config(int processes, int threads, Set<GuestFeature> features) {
    return new GuestConfig(false, true, SEED, SLICE).with(processes, threads, features);
  }

  private static Map<GuestStat, Long> play(
      MmuConfig mmu, int levels, GuestConfig config, long seed) {
    try (GuestRig rig = GuestRig.onThreads(mmu)) {
      Guest guest = rig.play(levels, config, RECORDS, seed);
      guest.sweep();
      assertThat(guest.verifyResult().first()).isNull();
      assertThat(guest.verifyResult().mismatches()).isZero();
      assertThat(guest.verifyResult().loadsChecked()).isGreaterThan(RECORDS / 4);
      assertThat(rig.vm.mmu().audit(rig.vm.hostCpu(0))).isEmpty();
      guest.close();
      return guest.statistics();
    }
  }

  @ParameterizedTest
  @CsvSource({"2,1", "2,2", "3,1", "3,2", "4,1", "4,2", "5,1", "5,2"})
  void twoVcpusLoseNothingUnderShadowPaging(int levels, int threads) {
    Map<GuestStat, Long> counts =
        play(GuestRig.shadow(2, levels), levels, config(2, threads, ALL), levels);
    assertThat(counts.get(GuestStat.FORKS)).isPositive();
    assertThat(counts.get(GuestStat.COW_COPIES)).isPositive();
    assertThat(counts.get(GuestStat.PAGES_MOVED)).isPositive();
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 5})
  void twoVcpusLoseNothingUnderTwoDimensionalPaging(int levels) {
    play(GuestRig.tdp(2), levels, config(3, 2, ALL), levels);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aGuestWithoutPagingPlaysInPhysicalMemory(boolean isShadow) {
    GuestConfig config = config(3, 1, Set.of());
    Map<GuestStat, Long> counts =
        play(isShadow ? GuestRig.shadow(2, 0) : GuestRig.tdp(2), 0, config, 1);
    assertThat(counts.values()).containsOnly(0L);
  }

  @ParameterizedTest
  @CsvSource({
    "EPT,4,true,false,64",
    "EPT,4,false,true,64",
    "EPT,3,true,true,64",
    "NPT,2,true,false,64",
    "NPT,3,true,false,64",
    "NPT,4,true,false,64",
    "NPT,2,true,false,32",
    "NPT,3,true,false,32"
  })
  void aHypervisorChangesItsTablesUnderItsGuest(
      Nesting.Format format, int levels, boolean hasAd, boolean executeOnly, int hostBits) {
    TdpKind kind = format == Nesting.Format.EPT ? TdpKind.EPT : TdpKind.NPT;
    MmuConfig mmu = MmuConfig.of(kind, 2);
    GuestConfig config = config(2, 2, ALL).with(new Nesting(format, hasAd, executeOnly));
    Map<GuestStat, Long> counts = play(host(mmu, hostBits).withNested(true), levels, config, 2);
    assertThat(counts.get(GuestStat.L2_ENTRIES)).isPositive();
    assertThat(counts.get(GuestStat.L2_VIOLATIONS)).isPositive();
    assertThat(counts.get(GuestStat.L2_PAGES_UNMAPPED)).isPositive();
    assertThat(counts.get(GuestStat.L2_PAGES_PROTECTED)).isPositive();
    assertThat(counts.get(GuestStat.L2_PAGES_MOVED)).isPositive();
  }

  private static MmuConfig host(MmuConfig mmu, int bits) {
    return bits == 32 ? mmu.withMmu(MmuKind.LEGACY_TDP).withHostBits(32) : mmu;
  }

  @Test
  void largerPagesAreSplitWhereAPartOfThemChanges() {
    GuestConfig config = new GuestConfig(true, true, SEED, SLICE).with(1, 2, ALL);
    Map<GuestStat, Long> counts = play(GuestRig.shadow(2, 4), 4, config, 3);
    assertThat(counts.get(GuestStat.COW_COPIES)).isPositive();
  }

  @Test
  void everyFeatureIsDoneOnlyIfAskedFor() {
    for (GuestFeature feature : ALL) {
      Map<GuestStat, Long> counts =
          play(GuestRig.shadow(1, 4), 4, config(2, 1, EnumSet.of(feature)), 5);
      assertThat(counts.get(GuestStat.FORKS) > 0).isEqualTo(feature == GuestFeature.FORK);
      assertThat(counts.get(GuestStat.PAGES_UNMAPPED) > 0)
          .isEqualTo(feature == GuestFeature.MUNMAP);
      assertThat(counts.get(GuestStat.PAGES_PROTECTED) > 0)
          .isEqualTo(feature == GuestFeature.MPROTECT);
      assertThat(counts.get(GuestStat.PAGES_MOVED) > 0).isEqualTo(feature == GuestFeature.MOVE);
    }
  }

  @Test
  void threadsOfOneProcessInterruptEachOther() {
    GuestConfig config = config(1, 3, EnumSet.of(GuestFeature.MOVE, GuestFeature.MUNMAP));
    long interrupts = 0;
    for (int seed = 0; seed < 20 && interrupts == 0; seed++) {
      interrupts =
          play(GuestRig.tdp(2), 4, config, seed).getOrDefault(GuestStat.SHOOTDOWN_IPIS, 0L);
    }
    assertThat(interrupts).isPositive();
  }

  @Test
  void theSameSeedIsTheSameRun() {
    assertThat(inLockstep(3)).isEqualTo(inLockstep(3));
    assertThat(inLockstep(3)).isNotEqualTo(inLockstep(4));
  }

  private static Map<GuestStat, Long> inLockstep(long seed) {
    try (GuestRig rig = GuestRig.inLockstep(GuestRig.shadow(2, 4), seed)) {
      Guest guest = rig.play(4, config(1, 2, ALL), 300, 1);
      assertThat(guest.verifyResult().mismatches()).isZero();
      assertThat(guest.statistics().get(GuestStat.SHOOTDOWN_IPIS)).isPositive();
      guest.close();
      return guest.statistics();
    }
  }
}
