package dev.gnomon.mmu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.spte.FlushOnUpdate;
import dev.gnomon.mmu.spte.PfnDirty;
import dev.gnomon.mmu.testing.Configs;
import dev.gnomon.mmu.testing.TestVcpu.Outcome;
import dev.gnomon.mmu.testing.TestVm;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class WriteTrackingTest {
  private static final String CONFIGS = "dev.gnomon.mmu.testing.Configs#formats";

  private static TestVm vm(MmuConfig config, Rules rules) {
    TestVm vm = new TestVm(config.withWriteTracking(true), rules);
    vm.addSlot(0, 0, 1024, 1024);
    vm.vcpu().tlbHolds(() -> true);
    return vm;
  }

  private static TestVm vm(MmuConfig config) {
    return vm(config, Rules.DEFAULTS);
  }

  @ParameterizedTest
  @EnumSource(FlushOnUpdate.class)
  void onceItHasReturnedNoStaleTranslationLetsAWriteThrough(FlushOnUpdate rule) {
    for (MmuConfig config : Configs.formatsAndPml().toList()) {
      TestVm vm = vm(config, Rules.DEFAULTS.with(Rules.FLUSH_ON_UPDATE, rule));
      vm.vcpu().write(5, 1);
      vm.mmu().writeTrack(vm.hostCpu(), 5);
      assertThat(vm.vcpu().write(5, 2)).as("%s", config).isEqualTo(Outcome.WRITE_PROTECTED);
      assertThat(vm.host().read(1024 + 5)).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void aStaleTranslationOfALargePageIsFlushedForEachOfItsPages(MmuConfig config) {
    TestVm vm = vm(config);
    vm.host().preferLevel(2);
    vm.vcpu().write(5, 1);
    vm.mmu().writeTrack(vm.hostCpu(), 9);
    assertThat(vm.vcpu().write(9, 2)).isEqualTo(Outcome.WRITE_PROTECTED);
    assertThat(vm.vcpu().write(5, 2)).isEqualTo(Outcome.DONE);
  }

  /** W is clear already, and the translation from before the aging still writable. */
  private static Outcome writeAfterAgingAndTracking(FlushOnUpdate rule) {
    TestVm vm = vm(Configs.eptWithoutAd(), Rules.DEFAULTS.with(Rules.FLUSH_ON_UPDATE, rule));
    vm.vcpu().write(5, 1);
    vm.mmu().notifier().clearYoung(vm.hostCpu(), 1024 + 5, 1024 + 6);
    vm.mmu().writeTrack(vm.hostCpu(), 5);
    return vm.vcpu().write(5, 2);
  }

  @Test
  void anAgedPageIsFlushedBecauseMmuWritableGoes() {
    assertThat(writeAfterAgingAndTracking(FlushOnUpdate.MMU_WRITABLE_CLEARED))
        .isEqualTo(Outcome.WRITE_PROTECTED);
    assertThat(writeAfterAgingAndTracking(FlushOnUpdate.TO_READONLY))
        .isEqualTo(Outcome.WRITE_PROTECTED);
  }

  @Test
  void flushedOnlyWhenWGoesAnAgedPageIsWrittenUnseen() {
    assertThat(writeAfterAgingAndTracking(FlushOnUpdate.WRITABLE_CLEARED)).isEqualTo(Outcome.DONE);
  }

  @Test
  void aPageThatIsNotWritableIsNotFlushed() {
    TestVm vm = vm(Configs.ept());
    vm.vcpu().read(5);
    vm.mmu().writeTrack(vm.hostCpu(), 5);
    long flushes = vm.stat(Stat.REMOTE_TLB_FLUSH);
    vm.mmu().writeTrack(vm.hostCpu(), 5);
    vm.mmu().writeTrack(vm.hostCpu(), 6);
    assertThat(vm.stat(Stat.REMOTE_TLB_FLUSH)).isEqualTo(flushes);
  }

  @Test
  void withoutAdBitsTheDirtThatGoesWithWIsHandedOver() {
    TestVm vm = vm(Configs.eptWithoutAd(), Rules.DEFAULTS.with(Rules.PFN_DIRTY, PfnDirty.ON_CLEAR));
    vm.vcpu().write(5, 1);
    assertThat(vm.host().isDirty(1024 + 5)).isFalse();
    vm.mmu().writeTrack(vm.hostCpu(), 5);
    assertThat(vm.host().isDirty(1024 + 5)).isTrue();
  }

  @Test
  void aPageIsTrackedUntilItsLastTrackerIsGone() {
    TestVm vm = vm(Configs.ept());
    vm.mmu().writeTrack(vm.hostCpu(), 5);
    vm.mmu().writeTrack(vm.hostCpu(), 5);
    vm.mmu().writeUntrack(vm.hostCpu(), 5);
    assertThat(vm.vcpu().write(5, 1)).isEqualTo(Outcome.WRITE_PROTECTED);
    vm.mmu().writeUntrack(vm.hostCpu(), 5);
    assertThat(vm.vcpu().write(5, 1)).isEqualTo(Outcome.DONE);
  }

  @Test
  void trackingWhatCannotBeTrackedIsRefusedAndHoldsNoLock() {
    TestVm vm = vm(Configs.ept());
    assertThatThrownBy(() -> vm.mmu().writeTrack(vm.hostCpu(), 9999))
        .isInstanceOf(IllegalArgumentException.class);
    vm.mmu().writeTrack(vm.hostCpu(), 5);
    TestVm without = new TestVm(Configs.ept());
    without.addSlot(0, 0, 16, 0);
    assertThatThrownBy(() -> without.mmu().writeTrack(without.hostCpu(), 5))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void takingBackWhatWasNeverTrackedIsRefusedAndHoldsNoLock() {
    TestVm vm = vm(Configs.ept());
    assertThatThrownBy(() -> vm.mmu().writeUntrack(vm.hostCpu(), 5))
        .isInstanceOf(IllegalStateException.class);
    vm.mmu().writeTrack(vm.hostCpu(), 5);
    assertThat(vm.vcpu().write(5, 1)).isEqualTo(Outcome.WRITE_PROTECTED);
  }
}
