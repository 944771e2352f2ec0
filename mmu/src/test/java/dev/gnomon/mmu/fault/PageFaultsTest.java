package dev.gnomon.mmu.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.arch.FaultCode;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.platform.OutOfFramesException;
import dev.gnomon.mmu.spte.MmioSpte;
import dev.gnomon.mmu.spte.PfnDirty;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.table.FaultResult;
import dev.gnomon.mmu.testing.Configs;
import dev.gnomon.mmu.testing.TestVcpu.Outcome;
import dev.gnomon.mmu.testing.TestVm;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class PageFaultsTest {
  private static final String CONFIGS = "dev.gnomon.mmu.testing.Configs#formats";
  private static final long MMIO_GFN = 5000;
  private static final long MMIO_GPA = MMIO_GFN << 12;
  private static final long RESERVED_FAULT =
      FaultCode.PRESENT | FaultCode.RESERVED | FaultCode.USER | FaultCode.GUEST_FINAL;

  private static TestVm vm(MmuConfig config, Rules rules) {
    TestVm vm = new TestVm(config, rules);
    vm.addSlot(0, 0, 1024, 1024);
    return vm;
  }

  private static TestVm vm(MmuConfig config) {
    return vm(config, Rules.DEFAULTS);
  }

  // --- the host's page ---

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void aFaultIsRetriedIfItsPageWasTakenSinceTheHostWasAsked(MmuConfig config) {
    TestVm vm = vm(config);
    vm.host().afterNextResolve(() -> vm.host().reclaim(1024 + 5));
    assertThat(vm.vcpu().faultOnce(5, AccessKind.READ)).isEqualTo(FaultResult.RETRY);
    assertThat(vm.vcpu().read(5)).isEqualTo(Outcome.DONE);
    assertThat(vm.audit()).isEmpty();
    assertThat(vm.stat(Stat.PF_RETRY)).isEqualTo(1);
  }

  @Test
  void withoutThatCheckAPageIsMappedThatTheHostTookAway() {
    TestVm vm =
        vm(
            Configs.ept(),
            Rules.DEFAULTS
                .with(Rules.INVALIDATE_RETRY, InvalidateRetry.OFF)
                .with(Rules.PFN_DIRTY, PfnDirty.ON_CLEAR));
    vm.host().afterNextResolve(() -> vm.host().reclaim(1024 + 5));
    vm.vcpu().faultOnce(5, AccessKind.READ);
    assertThat(vm.audit()).anyMatch(line -> line.contains("maps what the host does not map"));
  }

  @Test
  void aFaultIsRetriedWhileAnInvalidationOfItsPageIsInProgress() {
    TestVm vm = vm(Configs.ept());
    vm.vcpu().read(5);
    vm.host()
        .duringNextInvalidation(
            () -> assertThat(vm.vcpu().faultOnce(5, AccessKind.READ)).isEqualTo(FaultResult.RETRY));
    vm.host().clean(1024 + 5);
    assertThat(vm.stat(Stat.PF_RETRY)).isEqualTo(1);
  }

  @Test
  void aFaultGoesOnWhileAnInvalidationOfOtherPagesIsInProgress() {
    TestVm vm = vm(Configs.ept());
    vm.vcpu().read(5);
    vm.host().duringNextInvalidation(() -> assertThat(vm.vcpu().read(6)).isEqualTo(Outcome.DONE));
    vm.host().clean(1024 + 5);
    assertThat(vm.stat(Stat.PF_RETRY)).isZero();
  }

  @Test
  void aFaultIsRetriedIfItsRootBecameInvalid() {
    TestVm vm = vm(Configs.ept());
    vm.vcpu().read(5);
    vm.host().afterNextResolve(() -> vm.mmu().slotChanges().zapAllFast(vm.hostCpu()));
    assertThat(vm.vcpu().faultOnce(6, AccessKind.READ)).isEqualTo(FaultResult.RETRY);
    assertThat(vm.vcpu().read(6)).isEqualTo(Outcome.DONE);
  }

  @Test
  void memoryThatTheHostDoesNotBackFailsLoudlyAndLeavesNoLockHeld() {
    TestVm vm = vm(Configs.ept());
    vm.host().setBacking(false);
    assertThatThrownBy(() -> vm.vcpu().read(5)).isInstanceOf(IllegalStateException.class);
    vm.host().setBacking(true);
    assertThat(vm.vcpu().read(5)).isEqualTo(Outcome.DONE);
  }

  @Test
  void withoutAFrameForATableTheFaultFailsAndWorksLater() {
    TestVm vm = vm(Configs.ept());
    vm.platform().frames().setLeft(2);
    assertThatThrownBy(() -> vm.vcpu().read(5)).isInstanceOf(OutOfFramesException.class);
    vm.platform().frames().setLeft(100);
    assertThat(vm.vcpu().read(5)).isEqualTo(Outcome.DONE);
    vm.close();
  }

  // --- memory that may not be written ---

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void aReadOnlySlotIsReadDirectlyAndWrittenByTheVmm(MmuConfig config) {
    TestVm vm = new TestVm(config);
    vm.addReadOnlySlot(0, 0, 16, 1024);
    assertThat(vm.vcpu().write(3, 1)).isEqualTo(Outcome.EMULATE);
    assertThat(vm.vcpu().read(3)).isEqualTo(Outcome.DONE);
    assertThat(vm.vcpu().write(3, 1)).isEqualTo(Outcome.EMULATE);
    assertThat(vm.host().read(1024 + 3)).isZero();
    assertThat(vm.audit()).isEmpty();
  }

  @Test
  void aFirstWriteToAWriteTrackedPageMapsItReadOnlyAndIsEmulated() {
    TestVm vm = vm(Configs.ept().withWriteTracking(true));
    vm.mmu().writeTrack(vm.hostCpu(), 5);
    assertThat(vm.vcpu().faultOnce(5, AccessKind.WRITE)).isEqualTo(FaultResult.WRITE_PROTECTED);
    assertThat(vm.vcpu().walks(5, AccessKind.READ)).isTrue();
    assertThat(vm.vcpu().walks(5, AccessKind.WRITE)).isFalse();
  }

  @Test
  void aSecondWriteToAWriteTrackedPageIsEmulatedBeforeTheFastPathIsTried() {
    TestVm vm = vm(Configs.ept().withWriteTracking(true));
    vm.mmu().writeTrack(vm.hostCpu(), 5);
    vm.vcpu().write(5, 1);
    vm.vcpu().write(5, 1);
    assertThat(vm.stat(Stat.FAST_PAGE_FAULT_TRIED)).isZero();
    assertThat(vm.vcpu().results(FaultResult.WRITE_PROTECTED)).isEqualTo(2);
  }

  @Test
  void anUntrackedPageIsWrittenDirectlyAgain() {
    TestVm vm = vm(Configs.ept().withWriteTracking(true));
    vm.mmu().writeTrack(vm.hostCpu(), 5);
    vm.vcpu().write(5, 1);
    vm.mmu().writeUntrack(vm.hostCpu(), 5);
    assertThat(vm.vcpu().write(5, 2)).isEqualTo(Outcome.DONE);
    assertThat(vm.host().read(1024 + 5)).isEqualTo(2);
  }

  // --- MMIO ---

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void aGfnOfNoSlotGetsAMarkOfTheCurrentGeneration(MmuConfig config) {
    TestVm vm = vm(config);
    assertThat(vm.vcpu().read(MMIO_GFN)).isEqualTo(Outcome.EMULATE);
    assertThat(vm.spte(MMIO_GFN))
        .isEqualTo(
            MmioSpte.make(vm.format(), MMIO_GFN, vm.mmu().memslots().current().generation()));
    assertThat(vm.stat(Stat.PF_MMIO_SPTE_CREATED)).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource(AccessKind.class)
  void theProcessorReportsAReservedBitThereWhichIsNotTakenForAFault(AccessKind kind) {
    for (MmuConfig config : Configs.formats().toList()) {
      TestVm vm = vm(config);
      vm.vcpu().read(MMIO_GFN);
      long taken = vm.stat(Stat.PF_TAKEN);
      assertThat(vm.vcpu().access(MMIO_GFN, kind, 0)).isEqualTo(Outcome.EMULATE);
      assertThat(vm.stat(Stat.PF_TAKEN)).isEqualTo(taken);
    }
  }

  @Test
  void aMarkAnswersForAVcpuThatHasNotSeenThePage() {
    TestVm vm = new TestVm(MmuConfig.of(TdpKind.EPT, 2));
    vm.vcpu(0).read(MMIO_GFN);
    vm.vcpu(1).read(MMIO_GFN);
    assertThat(vm.stat(Stat.PF_TAKEN)).isEqualTo(1);
  }

  @Test
  void theCacheAnswersWithoutAMark() {
    TestVm vm = vm(Configs.npt().withPhysicalAddressBits(52));
    vm.vcpu().read(MMIO_GFN);
    assertThat(SpteFormat.isNonPresent(vm.spte(MMIO_GFN))).isTrue();
    long taken = vm.stat(Stat.PF_TAKEN);
    assertThat(vm.vcpu().fault(MMIO_GPA, RESERVED_FAULT)).isEqualTo(FaultResult.EMULATE);
    assertThat(vm.stat(Stat.PF_TAKEN)).isEqualTo(taken);
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void aStaleMarkIsRenewed(MmuConfig config) {
    TestVm vm = vm(config);
    vm.vcpu().read(MMIO_GFN);
    vm.addSlot(1, 2048, 16, 8192);
    long taken = vm.stat(Stat.PF_TAKEN);
    assertThat(vm.vcpu().read(MMIO_GFN)).isEqualTo(Outcome.EMULATE);
    assertThat(vm.stat(Stat.PF_TAKEN)).isEqualTo(taken + 1);
    assertThat(MmioSpte.generation(vm.spte(MMIO_GFN)))
        .isEqualTo(vm.mmu().memslots().current().generation());
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void aStaleMarkGivesWayToANewSlot(MmuConfig config) {
    TestVm vm = vm(config);
    vm.vcpu().read(MMIO_GFN);
    vm.addSlot(1, MMIO_GFN, 16, 8192);
    assertThat(vm.vcpu().write(MMIO_GFN, 7)).isEqualTo(Outcome.DONE);
    assertThat(vm.host().read(8192)).isEqualTo(7);
    assertThat(vm.audit()).isEmpty();
  }

  @Test
  void neitherCacheNorMarkOfAnOldGenerationIsTrusted() {
    TestVm vm = vm(Configs.ept());
    vm.vcpu().read(MMIO_GFN);
    vm.addSlot(1, MMIO_GFN, 16, 8192);
    assertThat(vm.vcpu().fault(MMIO_GPA, RESERVED_FAULT)).isEqualTo(FaultResult.FIXED);
  }

  // --- counting ---

  @Test
  void eachFaultIsCountedOnceByItsResult() {
    TestVm vm = vm(Configs.ept());
    vm.vcpu().read(5);
    vm.vcpu().fault(5 << 12, FaultCode.USER);
    vm.vcpu().read(MMIO_GFN);
    assertThat(vm.stat(Stat.PF_TAKEN)).isEqualTo(3);
    assertThat(vm.stat(Stat.PF_FIXED)).isEqualTo(1);
    assertThat(vm.stat(Stat.PF_SPURIOUS)).isEqualTo(1);
    assertThat(vm.stat(Stat.PF_EMULATE)).isEqualTo(1);
  }
}
