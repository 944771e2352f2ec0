package dev.gnomon.mmu.dirty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.testing.Configs;
import dev.gnomon.mmu.testing.TestVm;
import java.util.BitSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class DirtyLogTest {
  private static final String CONFIGS = "dev.gnomon.mmu.testing.Configs#formatsAndPml";

  private static TestVm logged(MmuConfig config, Rules rules) {
    TestVm vm = new TestVm(config, rules);
    vm.addSlot(0, 100, 300, 1024);
    vm.vcpu().tlbHolds(() -> true);
    vm.vcpu().write(105, 1);
    vm.startLog(0);
    return vm;
  }

  private static TestVm logged(MmuConfig config) {
    return logged(config, Rules.DEFAULTS);
  }

  private static BitSet pages(int... offsets) {
    BitSet pages = new BitSet();
    for (int offset : offsets) {
      pages.set(offset);
    }
    return pages;
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void whatWasWrittenBeforeIsNotReported(MmuConfig config) {
    assertThat(logged(config).getLog(0).isEmpty()).isTrue();
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void aWriteIsReportedOnce(MmuConfig config) {
    TestVm vm = logged(config);
    vm.vcpu().write(105, 2);
    vm.vcpu().write(105, 3);
    assertThat(vm.getLog(0)).isEqualTo(pages(5));
    assertThat(vm.getLog(0)).isEqualTo(pages());
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void aWriteAfterTheReportIsInTheNext(MmuConfig config) {
    TestVm vm = logged(config);
    vm.vcpu().write(105, 2);
    vm.getLog(0);
    vm.vcpu().write(105, 3);
    assertThat(vm.getLog(0)).isEqualTo(pages(5));
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void theLastPageOfASlotThatIsNoMultipleOf64IsReported(MmuConfig config) {
    TestVm vm = logged(config);
    vm.vcpu().write(399, 2);
    assertThat(vm.getLog(0)).isEqualTo(pages(299));
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void aPageMappedWritableByAReadIsReportedToo(MmuConfig config) {
    TestVm vm = logged(config);
    vm.vcpu().read(110);
    assertThat(vm.getLog(0)).isEqualTo(pages(10));
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void whatTheVmmWritesForTheGuestIsReported(MmuConfig config) {
    TestVm vm = logged(config);
    vm.vcpu().mmu().markWritten(vm.vcpu().cpu(), 107);
    vm.vcpu().mmu().markWritten(vm.vcpu().cpu(), 9999);
    assertThat(vm.getLog(0)).isEqualTo(pages(7));
  }

  @ParameterizedTest
  @EnumSource(
      value = DirtyFlush.class,
      names = {"UNDER_LOCK", "IF_REAPED"})
  void aStaleTranslationHidesNoWrite(DirtyFlush rule) {
    for (MmuConfig config : Configs.formatsAndPml().toList()) {
      TestVm vm = logged(config, Rules.DEFAULTS.with(Rules.DIRTY_FLUSH, rule));
      vm.vcpu().write(105, 2);
      vm.getLog(0);
      vm.vcpu().write(105, 3);
      assertThat(vm.getLog(0)).as("%s", config).isEqualTo(pages(5));
    }
  }

  @Test
  void withoutAFlushAStaleTranslationHidesAWrite() {
    TestVm vm = logged(Configs.ept(), Rules.DEFAULTS.with(Rules.DIRTY_FLUSH, DirtyFlush.NEVER));
    vm.vcpu().write(105, 2);
    vm.getLog(0);
    vm.vcpu().write(105, 3);
    assertThat(vm.getLog(0)).isEqualTo(pages());
  }

  /**
   * The bit is taken, and no entry changes: W went when the page was aged, the translation did not.
   */
  private static BitSet reportAfterAging(DirtyFlush rule) {
    TestVm vm = logged(Configs.eptWithoutAd(), Rules.DEFAULTS.with(Rules.DIRTY_FLUSH, rule));
    vm.vcpu().write(105, 2);
    vm.mmu().notifier().clearYoung(vm.hostCpu(), 1024 + 5, 1024 + 6);
    assertThat(vm.getLog(0)).isEqualTo(pages(5));
    vm.vcpu().write(105, 3);
    return vm.getLog(0);
  }

  @Test
  void flushedOnlyIfAnEntryChangedAnAgedPageIsWrittenUnseen() {
    assertThat(reportAfterAging(DirtyFlush.IF_SPTE_CHANGED)).isEqualTo(pages());
  }

  @Test
  void flushedIfAnythingWasReapedItIsNot() {
    assertThat(reportAfterAging(DirtyFlush.IF_REAPED)).isEqualTo(pages(5));
    assertThat(reportAfterAging(DirtyFlush.UNDER_LOCK)).isEqualTo(pages(5));
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void switchingOnFlushesEvenIfNothingChanges(MmuConfig config) {
    TestVm vm = new TestVm(config);
    vm.addSlot(0, 100, 300, 1024);
    vm.startLog(0);
    assertThat(vm.stat(Stat.REMOTE_TLB_FLUSH)).isEqualTo(1);
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void anEmptyReportFlushesNothing(MmuConfig config) {
    TestVm vm = logged(config);
    long flushes = vm.stat(Stat.REMOTE_TLB_FLUSH);
    vm.getLog(0);
    assertThat(vm.stat(Stat.REMOTE_TLB_FLUSH)).isEqualTo(flushes);
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void switchingOffRestoresNoWBit(MmuConfig config) {
    TestVm vm = logged(config);
    boolean wasWritable = vm.vcpu().walks(105, AccessKind.WRITE);
    vm.stopLog(0);
    assertThat(vm.vcpu().walks(105, AccessKind.WRITE)).isEqualTo(wasWritable);
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void switchingOnTwiceLosesNoReport(MmuConfig config) {
    TestVm vm = logged(config);
    vm.vcpu().write(105, 2);
    vm.startLog(0);
    assertThat(vm.getLog(0).get(5)).isTrue();
  }

  // --- manual protect ---

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void withManualProtectAGetClearsNothing(MmuConfig config) {
    TestVm vm = logged(config.withManualProtect(true, false));
    vm.vcpu().write(105, 2);
    assertThat(vm.getLog(0)).isEqualTo(pages(5));
    assertThat(vm.getLog(0)).isEqualTo(pages(5));
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void aClearClearsAndProtectsJustThosePages(MmuConfig config) {
    TestVm vm = logged(config.withManualProtect(true, false));
    vm.vcpu().write(105, 2);
    vm.vcpu().write(200, 2);
    vm.getLog(0);
    vm.clearLog(0, pages(5));
    assertThat(vm.getLog(0)).isEqualTo(pages(100));
    vm.vcpu().write(105, 3);
    assertThat(vm.getLog(0)).isEqualTo(pages(5, 100));
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void bitsBeyondTheRangeOfAClearAreLeftAlone(MmuConfig config) {
    TestVm vm = logged(config.withManualProtect(true, false));
    vm.vcpu().write(100 + 64, 2);
    vm.vcpu().write(100 + 70, 2);
    vm.getLog(0);
    vm.mmu().dirtyLog().clear(vm.hostCpu(), 0, 64, 3, new long[] {-1});
    assertThat(vm.getLog(0)).isEqualTo(pages(70));
  }

  @Test
  void aClearOfARangeThatIsNotInTheSlotIsRefusedAndHoldsNoLock() {
    TestVm vm = logged(Configs.ept().withManualProtect(true, false));
    DirtyLog log = vm.mmu().dirtyLog();
    long[] bits = new long[8];
    assertThatThrownBy(() -> log.clear(vm.hostCpu(), 0, 1, 64, bits))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> log.clear(vm.hostCpu(), 0, 256, 64, bits))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> log.clear(vm.hostCpu(), 3, 0, 64, bits))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(vm.getLog(0)).isEqualTo(pages());
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void initiallySetEverythingIsReportedAndNothingProtected(MmuConfig config) {
    TestVm vm = logged(config.withManualProtect(true, true));
    assertThat(vm.getLog(0).cardinality()).isEqualTo(300);
    assertThat(vm.vcpu().walks(105, AccessKind.WRITE)).isTrue();
    assertThat(vm.audit()).isEmpty();
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void initiallySetAFirstClearProtects(MmuConfig config) {
    TestVm vm = logged(config.withManualProtect(true, true));
    vm.vcpu().write(105, 2);
    vm.clearLog(0, vm.getLog(0));
    assertThat(vm.getLog(0)).isEqualTo(pages());
    vm.vcpu().write(105, 3);
    assertThat(vm.getLog(0)).isEqualTo(pages(5));
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void initiallySetAClearInALargePageProtectsItAll(MmuConfig config) {
    TestVm vm = new TestVm(config.withManualProtect(true, true));
    vm.addSlot(0, 0, 1024, 1024);
    vm.host().preferLevel(2);
    vm.vcpu().tlbHolds(() -> true);
    vm.vcpu().write(5, 1);
    vm.startLog(0);
    vm.clearLog(0, pages(5, 6));
    vm.vcpu().write(5, 2);
    vm.vcpu().write(6, 2);
    assertThat(vm.getLog(0).get(5)).isTrue();
    assertThat(vm.getLog(0).get(6)).isTrue();
    assertThat(vm.level(5)).isEqualTo(1);
    assertThat(vm.audit()).isEmpty();
  }

  @Test
  void aSlotThatIsNotLoggedHasNoReport() {
    TestVm vm = new TestVm(Configs.ept());
    vm.addSlot(0, 0, 64, 1024);
    assertThatThrownBy(() -> vm.getLog(0)).isInstanceOf(IllegalArgumentException.class);
  }
}
