package dev.gnomon.mmu.tdp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.table.FaultResult;
import dev.gnomon.mmu.testing.Configs;
import dev.gnomon.mmu.testing.TestVm;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class MappingTest {
  private static final String CONFIGS = "dev.gnomon.mmu.testing.Configs#formats";

  static Stream<Arguments> formatsAndLevels() {
    return Configs.formats()
        .flatMap(
            config ->
                Stream.of(4, 5)
                    .flatMap(
                        levels ->
                            Stream.of(1, 2, 3)
                                .map(
                                    page ->
                                        Arguments.of(
                                            config.withLevels(levels).withLargestLevel(3), page))));
  }

  @ParameterizedTest
  @MethodSource("formatsAndLevels")
  void aPageIsMappedAtTheLevelOfTheHostsPage(MmuConfig config, int level) {
    TestVm vm = new TestVm(config);
    long gib = 1 << 18;
    vm.addSlot(0, gib, 2 * gib, 4 * gib);
    vm.host().preferLevel(level);
    long gfn = gib + 3 * 512 + 7;
    vm.vcpu().write(gfn, 42);
    assertThat(vm.level(gfn)).isEqualTo(level);
    assertThat(vm.host().read(4 * gib + 3 * 512 + 7)).isEqualTo(42);
    assertThat(vm.stat(Stat.MMU_PAGE_TABLES)).isEqualTo(config.levels() - level + 1);
    vm.close();
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void thePageIsNoLargerThanTheVmAllows(MmuConfig config) {
    TestVm vm = new TestVm(config.withLargestLevel(1));
    vm.addSlot(0, 0, 1024, 1024);
    vm.host().preferLevel(2);
    vm.vcpu().read(5);
    assertThat(vm.level(5)).isEqualTo(1);
  }

  @Test
  void thePageIsNoLargerThanTheSlotHolds() {
    TestVm vm = new TestVm(Configs.ept());
    vm.addSlot(0, 0, 1000, 1024);
    vm.host().preferLevel(2);
    vm.vcpu().read(5);
    vm.vcpu().read(600);
    assertThat(vm.level(5)).isEqualTo(2);
    assertThat(vm.level(600)).isEqualTo(1);
    assertThat(vm.audit()).isEmpty();
  }

  @Test
  void thePageIsSmallWhereGuestAndHostAreAlignedDifferently() {
    TestVm vm = new TestVm(Configs.ept());
    vm.addSlot(0, 0, 1024, 1025);
    vm.host().preferLevel(2);
    vm.vcpu().read(5);
    assertThat(vm.level(5)).isEqualTo(1);
    assertThat(vm.audit()).isEmpty();
  }

  @Test
  void aLoggedSlotIsMappedSmallThoughItCouldBeLarge() {
    TestVm vm = new TestVm(Configs.ept());
    vm.addSlot(0, 0, 1024, 1024);
    vm.host().preferLevel(2);
    vm.startLog(0);
    vm.vcpu().write(5, 1);
    assertThat(vm.level(5)).isEqualTo(1);
  }

  @Test
  void aWriteTrackedGfnKeepsItsNeighboursSmall() {
    TestVm vm = new TestVm(Configs.ept().withWriteTracking(true));
    vm.addSlot(0, 0, 1024, 1024);
    vm.host().preferLevel(2);
    vm.mmu().writeTrack(vm.hostCpu(), 9);
    vm.vcpu().write(5, 1);
    vm.vcpu().write(600, 1);
    assertThat(vm.level(5)).isEqualTo(1);
    assertThat(vm.level(600)).isEqualTo(2);
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void oneRootServesAllVcpus(MmuConfig config) {
    TestVm vm = new TestVm(twoVcpus(config));
    vm.addSlot(0, 0, 16, 1024);
    vm.vcpu(0).write(5, 1);
    vm.vcpu(1).read(5);
    assertThat(vm.vcpu(1).value()).isEqualTo(1);
    assertThat(vm.vcpu(1).results(FaultResult.FIXED)).isZero();
    assertThat(vm.vcpu(1).mmu().rootHpa()).isEqualTo(vm.vcpu(0).mmu().rootHpa());
  }

  private static MmuConfig twoVcpus(MmuConfig config) {
    return MmuConfig.of(config.tdp(), 2).withAccessedDirty(config.accessedDirty());
  }

  @Test
  void anEntryFrozenByAnotherCpuIsLeftAloneAndRetried() {
    TestVm vm = new TestVm(Configs.ept());
    vm.addSlot(0, 0, 1024, 1024);
    vm.vcpu().read(5);
    vm.memory().setLong(vm.sptep(6), SpteFormat.FROZEN);
    assertThat(vm.vcpu().faultOnce(6, AccessKind.READ)).isEqualTo(FaultResult.RETRY);
    assertThat(vm.spte(6)).isEqualTo(SpteFormat.FROZEN);
  }

  @Test
  void whoLosesTheRaceForALeafRetries() {
    TestVm vm = new TestVm(twoVcpus(Configs.ept()));
    vm.addSlot(0, 0, 1024, 1024);
    vm.vcpu(0).read(5);
    vm.memory().beforeNextWrite(vm.sptep(6), () -> vm.vcpu(1).read(6));
    assertThat(vm.vcpu(0).faultOnce(6, AccessKind.READ)).isEqualTo(FaultResult.RETRY);
    assertThat(vm.memory().hasRaced()).isTrue();
    assertThat(vm.audit()).isEmpty();
  }

  @Test
  void whoLosesTheRaceForATableTakesItsOwnBack() {
    TestVm vm = new TestVm(twoVcpus(Configs.ept()).withLargestLevel(1));
    vm.addSlot(0, 0, 1024, 1024);
    vm.vcpu(0).read(5);
    vm.memory().beforeNextWrite(vm.sptep(600, 2), () -> vm.vcpu(1).read(600));
    assertThat(vm.vcpu(0).faultOnce(601, AccessKind.READ)).isEqualTo(FaultResult.RETRY);
    assertThat(vm.memory().hasRaced()).isTrue();
    vm.close();
  }

  @Test
  void tableAndPageGaugesFollowWhatIsMapped() {
    TestVm vm = new TestVm(MmuConfig.of(TdpKind.EPT, 1));
    vm.addSlot(0, 0, 1024, 1024);
    vm.host().preferLevel(2);
    vm.vcpu().read(5);
    vm.host().preferLevel(1);
    vm.vcpu().read(600);
    assertThat(vm.stat(Stat.PAGES_2M)).isEqualTo(1);
    assertThat(vm.stat(Stat.PAGES_4K)).isEqualTo(1);
    vm.host().reclaim(1024 + 5);
    assertThat(vm.stat(Stat.PAGES_2M)).isZero();
  }
}
