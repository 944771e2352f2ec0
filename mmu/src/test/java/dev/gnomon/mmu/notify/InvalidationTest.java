package dev.gnomon.mmu.notify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.spte.PfnDirty;
import dev.gnomon.mmu.tdp.ZapOrder;
import dev.gnomon.mmu.testing.Configs;
import dev.gnomon.mmu.testing.TestVm;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class InvalidationTest {
  private static final String CONFIGS = "dev.gnomon.mmu.testing.Configs#formats";

  private static TestVm vm(MmuConfig config, Rules rules) {
    TestVm vm = new TestVm(config, rules);
    vm.addSlot(0, 0, 1024, 1024);
    vm.vcpu().tlbHolds(() -> true);
    return vm;
  }

  private static TestVm vm(MmuConfig config) {
    return vm(config, Rules.DEFAULTS);
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void aPageThatIsTakenComesBackWithWhatWasWritten(MmuConfig config) {
    TestVm vm = vm(config);
    vm.vcpu().write(5, 7);
    vm.host().reclaim(1024 + 5);
    assertThat(vm.vcpu().walks(5, AccessKind.READ)).isFalse();
    vm.vcpu().read(5);
    assertThat(vm.vcpu().value()).isEqualTo(7);
  }

  @ParameterizedTest
  @EnumSource(PfnDirty.class)
  void theHostLearnsOfDirtBeforeItGetsThePage(PfnDirty rule) {
    for (MmuConfig config : Configs.formatsAndPml().toList()) {
      TestVm vm = vm(config, Rules.DEFAULTS.with(Rules.PFN_DIRTY, rule));
      vm.vcpu().write(5, 7);
      vm.host().clean(1024 + 5);
      vm.vcpu().write(5, 8);
      vm.host().reclaim(1024 + 5);
      assertThat(vm.host().read(1024 + 5)).as("%s", config).isEqualTo(8);
    }
  }

  @Test
  void onClearTheHostLearnsOnlyThen() {
    TestVm vm = vm(Configs.ept(), Rules.DEFAULTS.with(Rules.PFN_DIRTY, PfnDirty.ON_CLEAR));
    vm.vcpu().write(5, 7);
    assertThat(vm.host().isDirty(1024 + 5)).isFalse();
  }

  @Test
  void atCreationTheHostLearnsWhenThePageIsMapped() {
    TestVm vm = vm(Configs.ept());
    vm.vcpu().read(5);
    assertThat(vm.host().isDirty(1024 + 5)).isTrue();
  }

  @Test
  void aPageOfAReadOnlySlotStaysClean() {
    for (PfnDirty rule : PfnDirty.values()) {
      TestVm vm = new TestVm(Configs.ept(), Rules.DEFAULTS.with(Rules.PFN_DIRTY, rule));
      vm.addReadOnlySlot(0, 0, 16, 1024);
      vm.vcpu().read(5);
      vm.host().invalidate(1024 + 5, 1024 + 6, () -> {});
      assertThat(vm.host().isDirty(1024 + 5)).as("%s", rule).isFalse();
    }
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void partOfALargePageTakesAllOfIt(MmuConfig config) {
    TestVm vm = vm(config);
    vm.host().preferLevel(2);
    vm.vcpu().write(5, 7);
    vm.host().invalidate(1024 + 500, 1024 + 501, () -> {});
    assertThat(vm.vcpu().walks(5, AccessKind.READ)).isFalse();
    assertThat(vm.stat(Stat.PAGES_2M)).isZero();
  }

  @Test
  void pagesOutsideTheRangeStay() {
    TestVm vm = vm(Configs.ept());
    for (long gfn = 4; gfn <= 7; gfn++) {
      vm.vcpu().read(gfn);
    }
    vm.host().invalidate(1024 + 5, 1024 + 7, () -> {});
    assertThat(vm.vcpu().walks(4, AccessKind.READ)).isTrue();
    assertThat(vm.vcpu().walks(5, AccessKind.READ)).isFalse();
    assertThat(vm.vcpu().walks(6, AccessKind.READ)).isFalse();
    assertThat(vm.vcpu().walks(7, AccessKind.READ)).isTrue();
  }

  @Test
  void aPageThatTwoSlotsShowGoesFromBoth() {
    TestVm vm = vm(Configs.ept());
    vm.addSlot(1, 4096, 16, 1024);
    vm.vcpu().write(5, 7);
    vm.vcpu().read(4096 + 5);
    assertThat(vm.vcpu().value()).isEqualTo(7);
    vm.host().reclaim(1024 + 5);
    assertThat(vm.vcpu().walks(5, AccessKind.READ)).isFalse();
    assertThat(vm.vcpu().walks(4096 + 5, AccessKind.READ)).isFalse();
  }

  @Test
  void aRangeThatMapsNothingIsNotFlushed() {
    TestVm vm = vm(Configs.ept());
    vm.vcpu().read(5);
    vm.host().invalidate(1024 + 6, 1024 + 7, () -> {});
    vm.host().invalidate(9999, 10_000, () -> {});
    assertThat(vm.stat(Stat.REMOTE_TLB_FLUSH)).isZero();
  }

  @Test
  void aRangeIsFlushedOnceHoweverMuchItMaps() {
    TestVm vm = vm(Configs.ept());
    for (long gfn = 0; gfn < 20; gfn++) {
      vm.vcpu().read(gfn);
    }
    vm.host().invalidate(1024, 2048, () -> {});
    assertThat(vm.stat(Stat.REMOTE_TLB_FLUSH)).isEqualTo(1);
  }

  @Test
  void noAccessGoesThroughAStaleTranslationOnceTheHostHasThePage() {
    TestVm vm = vm(Configs.ept());
    vm.vcpu().write(5, 7);
    vm.vcpu(0).enter();
    vm.host().reclaim(1024 + 5);
    vm.vcpu().read(5);
    assertThat(vm.vcpu().value()).isEqualTo(7);
  }

  @Test
  void flushedOnlyAfterwardsAFreedFrameIsReached() {
    TestVm vm = vm(Configs.ept(), Rules.DEFAULTS.with(Rules.ZAP_ORDER, ZapOrder.FREE_BEFORE_FLUSH));
    vm.vcpu().write(5, 7);
    vm.host().duringNextInvalidation(() -> vm.vcpu().read(5));
    assertThatThrownBy(() -> vm.host().reclaim(1024 + 5))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("free frame");
  }

  @Test
  void anAccessTrackedPageIsFlushedToo() {
    TestVm vm = vm(Configs.eptWithoutAd());
    vm.vcpu().write(5, 7);
    vm.mmu().notifier().clearYoung(vm.hostCpu(), 1024 + 5, 1024 + 6);
    vm.host().reclaim(1024 + 5);
    assertThat(vm.stat(Stat.REMOTE_TLB_FLUSH)).isEqualTo(1);
    vm.vcpu().read(5);
    assertThat(vm.vcpu().value()).isEqualTo(7);
  }
}
