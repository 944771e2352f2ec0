package dev.gnomon.mmu.fault;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.arch.FaultCode;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.table.FaultResult;
import dev.gnomon.mmu.testing.Configs;
import dev.gnomon.mmu.testing.TestVcpu.Outcome;
import dev.gnomon.mmu.testing.TestVm;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FastPageFaultTest {
  private static final String CONFIGS = "dev.gnomon.mmu.testing.Configs#formats";
  private static final long GPA = 5 << 12;
  private static final long READ_FAULT = FaultCode.USER | FaultCode.GUEST_FINAL;
  private static final long WRITE_PROTECTION_FAULT =
      READ_FAULT | FaultCode.PRESENT | FaultCode.WRITE;

  private static TestVm vm(MmuConfig config, Rules rules) {
    TestVm vm = new TestVm(config, rules);
    vm.addSlot(0, 0, 1024, 1024);
    return vm;
  }

  private static TestVm vm(MmuConfig config) {
    return vm(config, Rules.DEFAULTS);
  }

  /** Page 5 was written, and is write-protected for the log. */
  private static TestVm writeProtected(MmuConfig config, Rules rules) {
    TestVm vm = vm(config, rules);
    vm.vcpu().write(5, 1);
    vm.startLog(0);
    assertThat(SpteFormat.isWritable(vm.spte(5))).isFalse();
    return vm;
  }

  /** Page 5 was written, and is access-tracked. */
  private static TestVm accessTracked() {
    TestVm vm = vm(Configs.eptWithoutAd());
    vm.vcpu().write(5, 1);
    vm.mmu().notifier().clearYoung(vm.hostCpu(), 1024 + 5, 1024 + 6);
    assertThat(vm.format().isAccessTracked(vm.spte(5))).isTrue();
    return vm;
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void aWriteToAProtectedPageIsFixedWithoutTheLockAndLogged(MmuConfig config) {
    TestVm vm = writeProtected(config, Rules.DEFAULTS);
    long fast = vm.stat(Stat.PF_FAST);
    assertThat(vm.vcpu().faultOnce(5, AccessKind.WRITE)).isEqualTo(FaultResult.FIXED);
    assertThat(vm.stat(Stat.PF_FAST)).isEqualTo(fast + 1);
    assertThat(SpteFormat.isWritable(vm.spte(5))).isTrue();
    assertThat(vm.getLog(0).get(5)).isTrue();
    assertThat(vm.audit()).isEmpty();
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void aWriteThatAnotherVcpuHasFixedIsSpurious(MmuConfig config) {
    TestVm vm = writeProtected(config, Rules.DEFAULTS);
    vm.vcpu().write(5, 2);
    long before = vm.spte(5);
    assertThat(vm.vcpu().fault(GPA, WRITE_PROTECTION_FAULT)).isEqualTo(FaultResult.SPURIOUS);
    assertThat(vm.spte(5)).isEqualTo(before);
    assertThat(vm.stat(Stat.PF_SPURIOUS)).isEqualTo(1);
  }

  @Test
  void aReadOfAnAccessTrackedPageBringsBackReadAndExecuteAndNotW() {
    TestVm vm = accessTracked();
    assertThat(vm.vcpu().faultOnce(5, AccessKind.READ)).isEqualTo(FaultResult.FIXED);
    assertThat(vm.vcpu().walks(5, AccessKind.READ)).isTrue();
    assertThat(vm.vcpu().walks(5, AccessKind.FETCH)).isTrue();
    assertThat(vm.vcpu().walks(5, AccessKind.WRITE)).isFalse();
    assertThat(vm.stat(Stat.PF_FAST)).isEqualTo(1);
  }

  @Test
  void aWriteToAnAccessTrackedPageBringsBackWToo() {
    TestVm vm = accessTracked();
    assertThat(vm.vcpu().faultOnce(5, AccessKind.WRITE)).isEqualTo(FaultResult.FIXED);
    assertThat(vm.vcpu().walks(5, AccessKind.WRITE)).isTrue();
    assertThat(vm.stat(Stat.PF_FAST)).isEqualTo(1);
  }

  @Test
  void aWriteToAnAccessTrackedPageOfALoggedSlotIsLogged() {
    TestVm vm = accessTracked();
    vm.startLog(0);
    vm.vcpu().faultOnce(5, AccessKind.WRITE);
    assertThat(vm.getLog(0).get(5)).isTrue();
  }

  @Test
  void aReadOfAnAccessTrackedPageOfALoggedSlotIsNotLogged() {
    TestVm vm = accessTracked();
    vm.startLog(0);
    vm.vcpu().faultOnce(5, AccessKind.READ);
    assertThat(vm.getLog(0).isEmpty()).isTrue();
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void aLargeEntryOfALoggedSlotIsLeftToTheSlowPathWhichSplitsIt(MmuConfig config) {
    TestVm vm = vm(config);
    vm.host().preferLevel(2);
    vm.vcpu().write(5, 1);
    vm.startLog(0);
    assertThat(vm.level(5)).isEqualTo(2);
    vm.vcpu().faultOnce(5, AccessKind.WRITE);
    assertThat(vm.stat(Stat.PF_FAST)).isZero();
    assertThat(vm.level(5)).isEqualTo(1);
    assertThat(vm.getLog(0).stream()).containsExactly(5);
  }

  @Test
  void aLargeAccessTrackedEntryOfALoggedSlotIsRestoredForARead() {
    TestVm vm = vm(Configs.eptWithoutAd());
    vm.host().preferLevel(2);
    vm.vcpu().write(5, 1);
    vm.startLog(0);
    vm.mmu().notifier().clearYoung(vm.hostCpu(), 1024, 1025);
    assertThat(vm.vcpu().faultOnce(5, AccessKind.READ)).isEqualTo(FaultResult.FIXED);
    assertThat(vm.stat(Stat.PF_FAST)).isEqualTo(1);
    assertThat(vm.level(5)).isEqualTo(2);
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void aWriteTrackedPageIsNotMadeWritable(MmuConfig config) {
    TestVm vm = vm(config.withWriteTracking(true));
    vm.vcpu().write(5, 1);
    vm.mmu().writeTrack(vm.hostCpu(), 5);
    assertThat(vm.vcpu().write(5, 2)).isEqualTo(Outcome.WRITE_PROTECTED);
    assertThat(SpteFormat.isWritable(vm.spte(5))).isFalse();
    assertThat(vm.host().read(1024 + 5)).isEqualTo(1);
  }

  @Test
  void withAdBitsANonPresentEntryIsNoReasonToTry() {
    TestVm vm = vm(Configs.ept());
    vm.vcpu().write(5, 1);
    assertThat(vm.stat(Stat.FAST_PAGE_FAULT_TRIED)).isZero();
  }

  @Test
  void withoutAdBitsANonPresentEntryIsAReasonToTry() {
    TestVm vm = vm(Configs.eptWithoutAd());
    vm.vcpu().write(5, 1);
    assertThat(vm.stat(Stat.FAST_PAGE_FAULT_TRIED)).isEqualTo(1);
  }

  @Test
  void aReadOfAPresentEntryIsNoReasonToTry() {
    TestVm vm = vm(Configs.ept());
    vm.vcpu().write(5, 1);
    vm.vcpu().fault(GPA, READ_FAULT | FaultCode.PRESENT);
    assertThat(vm.stat(Stat.FAST_PAGE_FAULT_TRIED)).isZero();
  }

  @Test
  void aReservedBitIsNoReasonToTry() {
    TestVm vm = vm(Configs.eptWithoutAd());
    vm.vcpu().fault(GPA, WRITE_PROTECTION_FAULT | FaultCode.RESERVED);
    assertThat(vm.stat(Stat.FAST_PAGE_FAULT_TRIED)).isZero();
  }

  @Test
  void eptAlwaysTriesForReadsToo() {
    TestVm vm = vm(Configs.ept(), Rules.DEFAULTS.with(Rules.FAST_FAULT, FastFault.EPT_ALWAYS));
    vm.vcpu().read(5);
    assertThat(vm.stat(Stat.FAST_PAGE_FAULT_TRIED)).isEqualTo(1);
    assertThat(vm.stat(Stat.PF_FAST)).isZero();
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void switchedOffTheSlowPathFixesAndLogsTheSame(MmuConfig config) {
    TestVm vm = writeProtected(config, Rules.DEFAULTS.with(Rules.FAST_FAULT, FastFault.OFF));
    assertThat(vm.vcpu().write(5, 2)).isEqualTo(Outcome.DONE);
    assertThat(vm.stat(Stat.FAST_PAGE_FAULT_TRIED)).isZero();
    assertThat(vm.getLog(0).get(5)).isTrue();
  }

  @Test
  void aLostRaceIsTriedAgain() {
    TestVm vm = writeProtected(Configs.ept(), Rules.DEFAULTS);
    long sptep = vm.sptep(5);
    // A processor sets A, as it may at any moment, between the read and the exchange.
    vm.memory().setLong(sptep, vm.memory().getLong(sptep) & ~vm.format().accessedBit());
    vm.memory()
        .beforeNextWrite(sptep, () -> vm.memory().getAndOrLong(sptep, vm.format().accessedBit()));
    assertThat(vm.vcpu().fault(GPA, WRITE_PROTECTION_FAULT)).isEqualTo(FaultResult.FIXED);
    assertThat(vm.memory().hasRaced()).isTrue();
    assertThat(vm.stat(Stat.PF_FAST)).isEqualTo(1);
  }

  @Test
  void anEntryThatIsZappedMeanwhileStaysZapped() {
    TestVm vm = writeProtected(Configs.ept(), Rules.DEFAULTS);
    long sptep = vm.sptep(5);
    vm.memory().beforeNextWrite(sptep, () -> vm.host().reclaim(1024 + 5));
    vm.vcpu().faultOnce(5, AccessKind.WRITE);
    assertThat(vm.memory().hasRaced()).isTrue();
    vm.vcpu().write(5, 2);
    assertThat(vm.audit()).isEmpty();
    assertThat(vm.host().read(1024 + 5)).isEqualTo(2);
  }

  @Test
  void anEntryOfATableThatIsTakenApartMeanwhileIsNotFixed() {
    TestVm vm = writeProtected(Configs.ept(), Rules.DEFAULTS);
    vm.memory().beforeNextWrite(vm.sptep(5), () -> vm.mmu().slotChanges().zapAllFast(vm.hostCpu()));
    assertThat(vm.vcpu().faultOnce(5, AccessKind.WRITE)).isEqualTo(FaultResult.RETRY);
    assertThat(vm.memory().hasRaced()).isTrue();
    assertThat(vm.stat(Stat.PF_FAST)).isZero();
    vm.vcpu().write(5, 2);
    vm.close();
  }

  @Test
  void storedInsteadOfExchangedAZappedEntryComesBack() {
    TestVm vm =
        writeProtected(Configs.ept(), Rules.DEFAULTS.with(Rules.FAST_FAULT, FastFault.STORE));
    long sptep = vm.sptep(5);
    vm.memory().beforeNextWrite(sptep, () -> vm.host().reclaim(1024 + 5));
    vm.vcpu().faultOnce(5, AccessKind.WRITE);
    assertThat(vm.audit()).anyMatch(line -> line.contains("maps what the host does not map"));
  }

  @Test
  void withLargeOnlyTheFaultingPageIsLoggedThoughAllCanBeWritten() {
    TestVm vm = vm(Configs.ept(), Rules.DEFAULTS.with(Rules.FAST_FAULT, FastFault.LARGE));
    vm.host().preferLevel(2);
    vm.vcpu().write(5, 1);
    vm.startLog(0);
    vm.vcpu().write(5, 2);
    vm.vcpu().write(6, 3);
    assertThat(vm.getLog(0).stream()).containsExactly(5);
  }
}
