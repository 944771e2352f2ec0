package dev.gnomon.mmu.tdp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.table.FaultResult;
import dev.gnomon.mmu.testing.Configs;
import dev.gnomon.mmu.testing.TestVcpu.Outcome;
import dev.gnomon.mmu.testing.TestVm;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class NxHugePagesTest {
  private static final String CONFIGS = "dev.gnomon.mmu.testing.Configs#formats";

  /** Page 5 is mapped by a 2 MiB page that may not be executed. */
  private static TestVm large(MmuConfig config) {
    TestVm vm = new TestVm(config.withNxHugePages(true));
    vm.addSlot(0, 0, 1024, 1024);
    vm.host().preferLevel(2);
    vm.vcpu().tlbHolds(() -> true);
    vm.vcpu().write(5, 1);
    assertThat(vm.level(5)).isEqualTo(2);
    return vm;
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void aLargePageIsNotExecutable(MmuConfig config) {
    TestVm vm = large(config);
    assertThat(vm.vcpu().walks(5, AccessKind.WRITE)).isTrue();
    assertThat(vm.vcpu().walks(5, AccessKind.FETCH)).isFalse();
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void executingFromALargePageSplitsIt(MmuConfig config) {
    TestVm vm = large(config);
    assertThat(vm.vcpu().fetch(5)).isEqualTo(Outcome.DONE);
    assertThat(vm.vcpu().value()).isEqualTo(1);
    assertThat(vm.level(5)).isEqualTo(1);
    assertThat(vm.stat(Stat.NX_LPAGE_SPLITS)).isEqualTo(1);
    assertThat(vm.audit()).isEmpty();
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void afterTheSplitAllOfItCanBeExecutedAndWrittenWithoutAFault(MmuConfig config) {
    TestVm vm = large(config);
    vm.vcpu().fetch(5);
    assertThat(vm.vcpu().walks(6, AccessKind.FETCH)).isTrue();
    assertThat(vm.vcpu().walks(6, AccessKind.WRITE)).isTrue();
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void dataFaultsGoOnBelowTheSplit(MmuConfig config) {
    TestVm vm = large(config);
    vm.host().reclaim(1024 + 5);
    vm.vcpu().fetch(5);
    vm.vcpu().write(6, 2);
    assertThat(vm.level(6)).isEqualTo(1);
    int fixed = vm.vcpu().results(FaultResult.FIXED);
    vm.vcpu().fetch(5);
    assertThat(vm.vcpu().results(FaultResult.FIXED)).isEqualTo(fixed);
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void recoveryMakesItLargeAgainWithTheNextDataAccess(MmuConfig config) {
    TestVm vm = large(config);
    vm.vcpu().fetch(5);
    assertThat(vm.mmu().recoverNxHugePages(vm.hostCpu(), 10)).isEqualTo(1);
    vm.vcpu().write(6, 2);
    assertThat(vm.level(6)).isEqualTo(2);
    vm.close();
  }

  @Test
  void recoveryTakesTheOldestFirstUpToItsLimit() {
    TestVm vm = large(Configs.ept());
    vm.vcpu().fetch(600);
    vm.vcpu().fetch(5);
    assertThat(vm.mmu().recoverNxHugePages(vm.hostCpu(), 1)).isEqualTo(1);
    assertThat(vm.vcpu().walks(600, AccessKind.READ)).isFalse();
    assertThat(vm.vcpu().walks(5, AccessKind.READ)).isTrue();
  }

  @Test
  void recoveringNothingFlushesNothing() {
    TestVm vm = large(Configs.ept());
    long flushes = vm.stat(Stat.REMOTE_TLB_FLUSH);
    assertThat(vm.mmu().recoverNxHugePages(vm.hostCpu(), 10)).isZero();
    assertThat(vm.stat(Stat.REMOTE_TLB_FLUSH)).isEqualTo(flushes);
  }

  @Test
  void switchingTheLogOffDoesNotUndoAnNxSplit() {
    TestVm vm = large(Configs.ept());
    vm.vcpu().fetch(5);
    vm.startLog(0);
    vm.stopLog(0);
    assertThat(vm.level(5)).isEqualTo(1);
  }

  @Test
  void aTableThatIsSmallForAnotherReasonIsNotRecovered() {
    TestVm vm = large(Configs.ept());
    vm.startLog(0);
    vm.vcpu().write(5, 2);
    assertThat(vm.mmu().recoverNxHugePages(vm.hostCpu(), 10)).isZero();
  }

  @Test
  void executingFromAOneGigabytePageSplitsItAtBothLevels() {
    TestVm vm = new TestVm(MmuConfig.of(TdpKind.EPT, 1).withNxHugePages(true));
    vm.addSlot(0, 1 << 18, 1 << 18, 1 << 18);
    vm.host().preferLevel(3);
    vm.vcpu().read(1 << 18);
    assertThat(vm.level(1 << 18)).isEqualTo(3);
    vm.vcpu().fetch(1 << 18);
    assertThat(vm.level(1 << 18)).isEqualTo(1);
    assertThat(vm.level((1 << 18) + 512)).isEqualTo(2);
    assertThat(vm.vcpu().walks((1 << 18) + 512, AccessKind.FETCH)).isFalse();
    assertThat(vm.mmu().recoverNxHugePages(vm.hostCpu(), 10)).isPositive();
    vm.close();
  }
}
