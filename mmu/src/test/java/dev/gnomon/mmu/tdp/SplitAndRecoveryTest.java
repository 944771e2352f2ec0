package dev.gnomon.mmu.tdp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.testing.Configs;
import dev.gnomon.mmu.testing.TestVm;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class SplitAndRecoveryTest {
  private static final String CONFIGS = "dev.gnomon.mmu.testing.Configs#formatsAndPml";

  static Stream<Arguments> configsAndRecoveries() {
    return Configs.formatsAndPml()
        .flatMap(config -> Stream.of(HugeRecovery.values()).map(r -> Arguments.of(config, r)));
  }

  /** Page 5 is mapped by a 2 MiB page, writable. */
  private static TestVm large(MmuConfig config, Rules rules) {
    TestVm vm = new TestVm(config, rules);
    vm.addSlot(0, 0, 1024, 1024);
    vm.host().preferLevel(2);
    vm.vcpu().tlbHolds(() -> true);
    vm.vcpu().write(5, 1);
    assertThat(vm.level(5)).isEqualTo(2);
    return vm;
  }

  private static TestVm large(MmuConfig config) {
    return large(config, Rules.DEFAULTS);
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void switchingTheLogOnProtectsALargePageAndTheFirstWriteSplitsIt(MmuConfig config) {
    TestVm vm = large(config);
    vm.startLog(0);
    assertThat(vm.level(5)).isEqualTo(2);
    assertThat(vm.vcpu().walks(5, AccessKind.WRITE)).isFalse();
    vm.vcpu().write(5, 2);
    assertThat(vm.level(5)).isEqualTo(1);
    assertThat(vm.stat(Stat.HUGE_PAGE_SPLITS)).isEqualTo(1);
    assertThat(vm.stat(Stat.PAGES_4K)).isEqualTo(512);
    assertThat(vm.stat(Stat.PAGES_2M)).isZero();
    assertThat(vm.audit()).isEmpty();
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void aSplitKeepsEveryTranslation(MmuConfig config) {
    TestVm vm = large(config);
    vm.startLog(0);
    vm.vcpu().write(5, 2);
    for (long gfn : new long[] {0, 4, 6, 511}) {
      assertThat(SpteFormat.pfn(vm.spte(gfn))).isEqualTo(vm.host().pfnOf(1024 + gfn));
      assertThat(vm.vcpu().walks(gfn, AccessKind.READ)).isTrue();
      assertThat(vm.vcpu().walks(gfn, AccessKind.WRITE)).isFalse();
    }
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void aSplitIsNotFlushed(MmuConfig config) {
    TestVm vm = large(config);
    vm.startLog(0);
    long flushes = vm.stat(Stat.REMOTE_TLB_FLUSH);
    vm.vcpu().write(5, 2);
    assertThat(vm.stat(Stat.REMOTE_TLB_FLUSH)).isEqualTo(flushes);
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void anEagerSplitIsDoneBeforeAnyWrite(MmuConfig config) {
    TestVm vm = large(config.withEagerSplit(true));
    vm.startLog(0);
    assertThat(vm.level(5)).isEqualTo(1);
    vm.vcpu().write(7, 3);
    vm.vcpu().exit();
    assertThat(vm.getLog(0).stream()).containsExactly(7);
    assertThat(vm.audit()).isEmpty();
  }

  @Test
  void anEagerSplitGoesFromOneGigabyteDownToFourKilobytes() {
    MmuConfig config = MmuConfig.of(TdpKind.NPT, 1);
    TestVm vm = new TestVm(config);
    vm.addSlot(0, 1 << 18, 1 << 18, 1 << 18);
    vm.host().preferLevel(3);
    vm.vcpu().write(1 << 18, 1);
    vm.startLog(0);
    assertThat(vm.stat(Stat.PAGES_1G)).isZero();
    assertThat(vm.stat(Stat.PAGES_2M)).isZero();
    assertThat(vm.stat(Stat.PAGES_4K)).isEqualTo(1 << 18);
    vm.close();
  }

  @ParameterizedTest
  @MethodSource("configsAndRecoveries")
  void switchingTheLogOffBringsLargePagesBack(MmuConfig config, HugeRecovery recovery) {
    TestVm vm = large(config, Rules.DEFAULTS.with(Rules.HUGE_RECOVERY, recovery));
    vm.startLog(0);
    vm.vcpu().write(5, 2);
    vm.vcpu().write(6, 3);
    vm.stopLog(0);
    assertThat(vm.stat(Stat.HUGE_PAGE_RECOVERIES)).isEqualTo(1);
    vm.vcpu().read(5);
    assertThat(vm.vcpu().value()).isEqualTo(2);
    assertThat(vm.level(5)).isEqualTo(2);
    vm.vcpu().write(6, 4);
    assertThat(vm.host().read(1024 + 6)).isEqualTo(4);
    vm.close();
  }

  @Test
  void inPlaceTheLargeEntryIsThereAtOnce() {
    TestVm vm = large(Configs.ept());
    vm.startLog(0);
    vm.vcpu().write(5, 2);
    vm.stopLog(0);
    assertThat(vm.vcpu().walks(5, AccessKind.WRITE)).isTrue();
    assertThat(vm.level(5)).isEqualTo(2);
  }

  @Test
  void zappedTheLargeEntryComesWithTheNextFault() {
    TestVm vm = large(Configs.ept(), Rules.DEFAULTS.with(Rules.HUGE_RECOVERY, HugeRecovery.ZAP));
    vm.startLog(0);
    vm.vcpu().write(5, 2);
    vm.stopLog(0);
    assertThat(vm.vcpu().walks(5, AccessKind.READ)).isFalse();
  }

  @ParameterizedTest
  @EnumSource(HugeRecovery.class)
  void zappingFlushesForEachTableAndInPlaceOnceForAll(HugeRecovery recovery) {
    TestVm vm = large(Configs.ept(), Rules.DEFAULTS.with(Rules.HUGE_RECOVERY, recovery));
    vm.vcpu().write(600, 1);
    vm.startLog(0);
    vm.vcpu().write(5, 2);
    vm.vcpu().write(600, 2);
    long flushes = vm.stat(Stat.REMOTE_TLB_FLUSH);
    vm.stopLog(0);
    assertThat(vm.stat(Stat.REMOTE_TLB_FLUSH) - flushes)
        .isEqualTo(recovery == HugeRecovery.ZAP ? 2 : 1);
  }

  @Test
  void aTableOverSmallHostPagesIsLeftAlone() {
    TestVm vm = new TestVm(Configs.ept());
    vm.addSlot(0, 0, 1024, 1024);
    vm.startLog(0);
    vm.vcpu().write(5, 2);
    vm.stopLog(0);
    assertThat(vm.stat(Stat.HUGE_PAGE_RECOVERIES)).isZero();
    assertThat(vm.vcpu().walks(5, AccessKind.READ)).isTrue();
    assertThat(vm.audit()).isEmpty();
  }

  @Test
  void aTableWithoutLeavesIsLeftAlone() {
    TestVm vm = large(Configs.ept());
    vm.startLog(0);
    vm.vcpu().write(5, 2);
    vm.host().reclaim(1024 + 5);
    vm.host().write(1024 + 5, 3);
    vm.stopLog(0);
    assertThat(vm.stat(Stat.HUGE_PAGE_RECOVERIES)).isZero();
    vm.close();
  }

  @Test
  void aRangeWithAWriteTrackedGfnStaysSmall() {
    TestVm vm = large(Configs.ept().withWriteTracking(true));
    vm.startLog(0);
    vm.vcpu().write(5, 2);
    vm.mmu().writeTrack(vm.hostCpu(), 9);
    vm.stopLog(0);
    assertThat(vm.level(5)).isEqualTo(1);
    assertThat(vm.audit()).isEmpty();
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void aLargeFaultReplacesATableOfSmallPagesAndFlushes(MmuConfig config) {
    TestVm vm = large(config.withWriteTracking(true));
    vm.mmu().writeTrack(vm.hostCpu(), 9);
    vm.vcpu().write(5, 2);
    assertThat(vm.level(5)).isEqualTo(1);
    vm.mmu().writeUntrack(vm.hostCpu(), 9);
    long flushes = vm.stat(Stat.REMOTE_TLB_FLUSH);
    vm.vcpu().write(9, 3);
    assertThat(vm.level(9)).isEqualTo(2);
    assertThat(vm.stat(Stat.REMOTE_TLB_FLUSH)).isEqualTo(flushes + 1);
    assertThat(vm.stat(Stat.PAGES_4K)).isZero();
    vm.vcpu().read(5);
    assertThat(vm.vcpu().value()).isEqualTo(2);
    vm.close();
  }
}
