package dev.gnomon.mmu.notify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.spte.PfnDirty;
import dev.gnomon.mmu.testing.Configs;
import dev.gnomon.mmu.testing.TestVm;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class AgingTest {
  private static final String CONFIGS = "dev.gnomon.mmu.testing.Configs#formats";

  private static TestVm vm(MmuConfig config, Rules rules) {
    TestVm vm = new TestVm(config, rules);
    vm.addSlot(0, 0, 1024, 1024);
    return vm;
  }

  private static TestVm vm(MmuConfig config) {
    return vm(config, Rules.DEFAULTS);
  }

  private static boolean clearYoung(TestVm vm, long gfn) {
    return vm.mmu().notifier().clearYoung(vm.hostCpu(), 1024 + gfn, 1024 + gfn + 1);
  }

  private static boolean testYoung(TestVm vm, long gfn) {
    return vm.mmu().notifier().testYoung(vm.hostCpu(), 1024 + gfn, 1024 + gfn + 1);
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void aPageIsYoungOnceForEachTimeItIsUsed(MmuConfig config) {
    TestVm vm = vm(config);
    vm.vcpu().read(5);
    assertThat(clearYoung(vm, 5)).isTrue();
    assertThat(clearYoung(vm, 5)).isFalse();
    vm.vcpu().read(5);
    assertThat(clearYoung(vm, 5)).isTrue();
    assertThat(vm.audit()).isEmpty();
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void testingForgetsNothing(MmuConfig config) {
    TestVm vm = vm(config);
    vm.vcpu().read(5);
    long spte = vm.spte(5);
    assertThat(testYoung(vm, 5)).isTrue();
    assertThat(testYoung(vm, 5)).isTrue();
    assertThat(vm.spte(5)).isEqualTo(spte);
    clearYoung(vm, 5);
    assertThat(testYoung(vm, 5)).isFalse();
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void aNeighbourIsNotAged(MmuConfig config) {
    TestVm vm = vm(config);
    vm.vcpu().read(5);
    vm.vcpu().read(6);
    assertThat(clearYoung(vm, 5)).isTrue();
    assertThat(testYoung(vm, 6)).isTrue();
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void aPageThatIsNotMappedIsNotYoung(MmuConfig config) {
    TestVm vm = vm(config);
    vm.vcpu().read(5);
    assertThat(testYoung(vm, 6)).isFalse();
    assertThat(testYoung(vm, 9000)).isFalse();
  }

  @Test
  void withAdBitsTheTranslationStays() {
    TestVm vm = vm(Configs.ept());
    vm.vcpu().write(5, 1);
    clearYoung(vm, 5);
    assertThat(vm.vcpu().walks(5, AccessKind.WRITE)).isTrue();
  }

  @Test
  void withoutAdBitsTheNextAccessFaults() {
    TestVm vm = vm(Configs.eptWithoutAd());
    vm.vcpu().write(5, 1);
    clearYoung(vm, 5);
    assertThat(vm.vcpu().walks(5, AccessKind.READ)).isFalse();
  }

  @Test
  void withoutAdBitsDirtIsHandedOverFirst() {
    TestVm vm = vm(Configs.eptWithoutAd(), Rules.DEFAULTS.with(Rules.PFN_DIRTY, PfnDirty.ON_CLEAR));
    vm.vcpu().write(5, 7);
    assertThat(vm.host().isDirty(1024 + 5)).isFalse();
    clearYoung(vm, 5);
    assertThat(vm.host().isDirty(1024 + 5)).isTrue();
  }

  @Test
  void aTlbThatIsNotFlushedMakesAHotPageLookOld() {
    TestVm vm = vm(Configs.ept());
    vm.vcpu().tlbHolds(() -> true);
    vm.vcpu().read(5);
    clearYoung(vm, 5);
    vm.vcpu().read(5);
    assertThat(testYoung(vm, 5)).isFalse();
  }

  @Test
  void flushedIfYoungAHotPageLooksHot() {
    TestVm vm = vm(Configs.ept(), Rules.DEFAULTS.with(Rules.AGING_FLUSH, AgingFlush.IF_YOUNG));
    vm.vcpu().tlbHolds(() -> true);
    vm.vcpu().read(5);
    clearYoung(vm, 5);
    vm.vcpu().read(5);
    assertThat(testYoung(vm, 5)).isTrue();
  }

  @ParameterizedTest
  @EnumSource(AgingFlush.class)
  void nothingIsFlushedForAPageThatIsNotYoung(AgingFlush rule) {
    TestVm vm = vm(Configs.ept(), Rules.DEFAULTS.with(Rules.AGING_FLUSH, rule));
    vm.vcpu().read(5);
    clearYoung(vm, 5);
    long flushes = vm.stat(Stat.REMOTE_TLB_FLUSH);
    clearYoung(vm, 5);
    assertThat(vm.stat(Stat.REMOTE_TLB_FLUSH)).isEqualTo(flushes);
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void useIsToldWhenThePageGoes(MmuConfig config) {
    TestVm vm = vm(config);
    vm.vcpu().read(5);
    vm.host().clean(1024 + 5);
    assertThat(vm.host().takeAccessed(1024 + 5)).isTrue();
    vm.vcpu().read(5);
    clearYoung(vm, 5);
    vm.host().clean(1024 + 5);
    assertThat(vm.host().takeAccessed(1024 + 5)).isFalse();
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void aLargePageIsYoungAsAWhole(MmuConfig config) {
    TestVm vm = vm(config);
    vm.host().preferLevel(2);
    vm.vcpu().read(5);
    assertThat(clearYoung(vm, 500)).isTrue();
    assertThat(testYoung(vm, 5)).isFalse();
  }
}
